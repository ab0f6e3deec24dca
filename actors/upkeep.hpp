// What nobody waits for: finished runs move to the archive and are purged, batch by batch.
#pragma once
#include "actors/caf_support.hpp"
#include "actors/node_context.hpp"

namespace troupe::actors {

/// Supervised by the node. Every orchestrator node has one; of several, one works at a time.
caf::actor spawn_upkeep(caf::actor_system& system, Context context);

} // namespace troupe::actors
