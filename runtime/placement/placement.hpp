// Stage 4 of 9: which node takes a step. Pure; actors/dispatcher keeps the view and asks.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/placement/node_view.hpp"

namespace troupe::placement {

struct PlacementRequest {
  RunId run;
  std::string step; // instance path
  std::string role;
  std::vector<std::string> labels; // all must be offered
  message::Priority priority = message::Priority::normal;
  std::string kind{};         // of the role; not known: any node that runs every role will do
  std::string team{}, tool{}; // what it counts under, besides the role: LimitRules
  std::vector<std::string> limits{}; // and what its plan names
};

struct Placement {
  std::string step;
  std::string node;
  IncarnationId incarnation;
};

/// The node with the most credit among those that offer the role and labels and are not draining;
/// of equals, the first by name. Nothing if none has credit. A node offers a role that it names, or
/// "*" if it runs that kind; and a direct tool call if it serves the toolkit. What serves a toolkit
/// without a single slot is called from any node that runs native agents of every role.
std::optional<Placement> choose(const ClusterView& cluster, const PlacementRequest& request);

/// The names of the agent nodes that offer the role and labels, draining or not.
std::vector<std::string> who_offers(const ClusterView& cluster, const PlacementRequest& request);

/// Why a step waits to be placed: for a node, or for a limit though a node would take it.
struct Nowhere {
  std::string why;
  bool is_limit = false;
};

/// Why nothing was chosen: "role nginx_proxy: 0 of 3 nodes offer it", "role triage: 2 nodes offer
/// it, all slots are taken".
std::string why_nowhere(const ClusterView& cluster, const PlacementRequest& request);

struct Gone { // a node's incarnation, for good
  std::string node;
  IncarnationId incarnation;
  std::string_view why;
  bool in_order = false; // it had said so: what ran there is finished, or meant to go on elsewhere
};

/// Takes a heartbeat in at `now` of the boot-time clock. Returns the incarnation that it replaces,
/// if the node was started anew.
std::optional<IncarnationId> observe(ClusterView& cluster, const std::string& node,
                                     const message::NodeHeartbeat& heartbeat, Millis now);

/// Removes the nodes not heard of for the lease period, and returns them.
std::vector<NodeView> remove_silent(ClusterView& cluster, Millis now);

} // namespace troupe::placement
