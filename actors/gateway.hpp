// A gateway node: where the API is served, as heartbeats tell it, and what it puts on the bus.
#pragma once
#include <memory>

#include "actors/caf_support.hpp"
#include "actors/node_context.hpp"
#include "runtime/ports/gateway.hpp"

namespace troupe::actors {

/// Hears who serves the API.
caf::actor spawn_gateway(caf::actor_system& system, Context context);

/// Outlives the actor's crashes; what it knew it hears again.
std::unique_ptr<ports::Gateway> make_gateway(Context context);

} // namespace troupe::actors
