// Stage 3 of 9: a supervisor for each group of the plan. It spawns and monitors the actors of its
// children.
#pragma once
#include "actors/caf_support.hpp"
#include "actors/node_context.hpp"

namespace troupe::actors {

/// Takes StartChild and StopChild for the steps and groups right below it, answers `run` with
/// ChildStarted, and reports a child that ended otherwise than in order with ChildCrashed. Its
/// children end with it.
caf::actor spawn_group(caf::event_based_actor* supervisor, Context context, RunId run_id,
                       std::string path, caf::actor run);

} // namespace troupe::actors
