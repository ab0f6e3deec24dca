// Stage 1 of 9: jobs and alerts from outside. Answers only after the commit, then wakes the
// orchestrator.
#pragma once
#include "actors/caf_support.hpp"
#include "actors/node_context.hpp"

namespace troupe::actors {

/// Takes SubmitJob, AlertsPosted and EventInjected; their `done` runs exactly once, unless this
/// actor crashes in between: then it is dropped, and whoever waits is told by its destruction.
caf::actor spawn_intake(caf::actor_system& system, Context context);

} // namespace troupe::actors
