// Between the bus and the actors: subscribes, hands each message to the actor that plays its part,
// sends the heartbeat.
#pragma once
#include "actors/caf_support.hpp"
#include "actors/node_context.hpp"

namespace troupe::actors {

/// Listens to what the node's modes call for: run, ctl, hb, whois (orchestrator); task, ctl
/// (agent); tool.<toolkit> and tool.<toolkit>-at-<node> for each toolkit of the catalogue.
caf::actor spawn_bus_bridge(caf::actor_system& system, Context context);

} // namespace troupe::actors
