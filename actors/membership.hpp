// This node's lease, and the watch over everybody else's (DURABILITY.md, "Nodes, leases,
// adoption").
#pragma once
#include "actors/caf_support.hpp"
#include "actors/node_context.hpp"

namespace troupe::actors {

/// Joins, renews each heartbeat, and fences a peer whose beat stands still for the lease period
/// over gap-free reads. Tells the orchestrator Joined, Fenced (this node: it joins anew under
/// another incarnation) and ClaimNow.
caf::actor spawn_membership(caf::actor_system& system, Context context);

} // namespace troupe::actors
