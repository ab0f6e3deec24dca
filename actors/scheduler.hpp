// Stage 1 of 9: jobs whose time has come.
#pragma once
#include "actors/caf_support.hpp"
#include "actors/node_context.hpp"

namespace troupe::actors {

/// Supervised by the node. Every orchestrator node has one; of several that see the same due time,
/// the store lets one start its job. ClaimNow, from whoever changed a schedule, makes it look.
caf::actor spawn_scheduler(caf::actor_system& system, Context context);

} // namespace troupe::actors
