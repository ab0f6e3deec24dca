// Stage 4 of 9: where a step runs. Keeps the view of the cluster from heartbeats, and credit.
#pragma once
#include "actors/caf_support.hpp"
#include "actors/node_context.hpp"

namespace troupe::actors {

/// Hears `hb.all`. Answers PlaceRequest at once with what has credit; the rest waits, by priority
/// and then by age, and is Offered when a node has credit for it. A node silent for the lease
/// period, or started anew, is reported to the orchestrator as NodeIsGone. While the bus is down
/// nobody is declared gone.
caf::actor spawn_dispatcher(caf::actor_system& system, Context context);

} // namespace troupe::actors
