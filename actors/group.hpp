// Stage 3 of 9: a supervisor for each group of the plan. It monitors the actors of its children.
#pragma once
#include "actors/caf_support.hpp"
#include "actors/node_context.hpp"

namespace troupe::actors {

/// Takes Supervise for the steps and groups right below it, and reports to `run`, which spawned
/// them, with ChildCrashed which of them ended otherwise than in order. Its children end with it.
caf::actor spawn_group(caf::event_based_actor* run, Context context, RunId run_id,
                       std::string path);

} // namespace troupe::actors
