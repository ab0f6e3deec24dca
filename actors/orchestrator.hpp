// The supervisor of a node's runs: claims them, routes to them what executors say, folds them
// afresh when they crash.
#pragma once
#include "actors/caf_support.hpp"
#include "actors/node_context.hpp"

namespace troupe::actors {

caf::actor spawn_orchestrator(caf::actor_system& system, Context context);

} // namespace troupe::actors
