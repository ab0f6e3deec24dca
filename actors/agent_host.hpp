// The supervisor of a node's agents: takes assignments while it has a slot, and tells their owners
// how they ended.
#pragma once
#include "actors/caf_support.hpp"
#include "actors/node_context.hpp"

namespace troupe::actors {

/// Hears `task` and `ctl`. An attempt keeps its slot until its owner has acknowledged, or
/// discarded, its end.
caf::actor spawn_agent_host(caf::actor_system& system, Context context);

} // namespace troupe::actors
