// Stage 1 of 9: reads the stream of injected events (runtime/intake/event_stream).
#pragma once
#include "actors/caf_support.hpp"
#include "actors/node_context.hpp"

namespace troupe::actors {

/// Of an orchestrator node. Gives each event to `intake`, and acknowledges it once it is in
/// Postgres; what it had in hand when it, or the node, ends comes again.
caf::actor spawn_event_intake(caf::actor_system& system, Context context);

} // namespace troupe::actors
