// Stage 3 of 9: an actor for each step between ready and terminal. It talks to the node that runs
// the attempt and keeps the step's timers; the run decides.
#pragma once
#include "actors/caf_support.hpp"
#include "actors/node_context.hpp"

namespace troupe::actors {

/// Takes Perform (SendAssignment, AskStatus, CancelAttempt, ArmTimer) and tells `run` what
/// Happened.
caf::actor spawn_step(caf::event_based_actor* run, Context context, RunId run_id, std::string path);

} // namespace troupe::actors
