#include "runtime/placement/placement.hpp"

#include <algorithm>

#include "runtime/limits.hpp"

namespace troupe::placement {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

/// "tool:service" is offered by a node whose tool servers have a tool of that toolkit.
bool offers_toolkit(const NodeView& node, std::string_view toolkit) {
  const auto of_toolkit = [&](const std::string& tool) {
    return tool.size() > toolkit.size() && tool.starts_with(toolkit) && tool[toolkit.size()] == '.';
  };
  return std::any_of(node.last.tools.begin(), node.last.tools.end(), of_toolkit);
}

/// "*" is every role whose kind the node can run.
bool runs_every(const NodeView& node, std::string_view kind) {
  const auto& kinds = node.last.kinds;
  return contains(node.last.roles, "*") && (kind.empty() || kinds.empty() || contains(kinds, kind));
}

bool makes_calls_of(const ClusterView& cluster, const NodeView& node, std::string_view toolkit) {
  if (node.last.slots > 0 && offers_toolkit(node, toolkit)) return true;
  return runs_every(node, "native") &&
         std::any_of(cluster.begin(), cluster.end(), [&](const auto& other) {
           return other.second.last.slots == 0 && offers_toolkit(other.second, toolkit);
         });
}

bool offers(const ClusterView& cluster, const NodeView& node, const PlacementRequest& request) {
  if (!contains(node.last.modes, "agent")) return false;
  constexpr std::string_view tool_prefix = "tool:";
  const bool role =
      request.role.starts_with(tool_prefix)
          ? makes_calls_of(cluster, node, std::string_view{request.role}.substr(tool_prefix.size()))
          : contains(node.last.roles, request.role) || runs_every(node, request.kind);
  return role && std::all_of(request.labels.begin(), request.labels.end(),
                             [&](const auto& label) { return contains(node.last.labels, label); });
}

} // namespace

std::optional<Placement> choose(const ClusterView& cluster, const PlacementRequest& request) {
  const NodeView* best = nullptr;
  for (const auto& [name, node] : cluster)
    if (!node.last.draining && node.credit > 0 && offers(cluster, node, request))
      if (best == nullptr || node.credit > best->credit) best = &node;
  if (best == nullptr) return std::nullopt;
  return Placement{request.step, best->name, best->last.incarnation};
}

std::vector<std::string> who_offers(const ClusterView& cluster, const PlacementRequest& request) {
  std::vector<std::string> names;
  for (const auto& [name, node] : cluster)
    if (offers(cluster, node, request)) names.push_back(name);
  return names;
}

std::string why_nowhere(const ClusterView& cluster, const PlacementRequest& request) {
  std::size_t agents = 0, offering = 0, draining = 0;
  for (const auto& [name, node] : cluster) {
    agents += contains(node.last.modes, "agent");
    if (!offers(cluster, node, request)) continue;
    ++offering;
    draining += node.last.draining;
  }
  std::string wanted = "role " + request.role;
  for (const auto& label : request.labels) wanted += ", label " + label;
  if (agents == 0) return wanted + ": no agent node has joined";
  if (offering == 0) return wanted + ": 0 of " + std::to_string(agents) + " nodes offer it";
  if (draining == offering) return wanted + ": every node that offers it is draining";
  return wanted + ": " + std::to_string(offering) + " of " + std::to_string(agents) +
         " nodes offer it, all slots are taken";
}

std::optional<IncarnationId> observe(ClusterView& cluster, const std::string& node,
                                     const message::NodeHeartbeat& heartbeat, Millis now) {
  auto& view = cluster[node];
  std::optional<IncarnationId> replaced;
  if (view.last.incarnation && view.last.incarnation != heartbeat.incarnation) {
    if (heartbeat.incarnation < view.last.incarnation)
      return std::nullopt; // a late one of an older start
    replaced = view.last.incarnation;
  }
  view.name = node;
  view.last = heartbeat;
  view.credit = heartbeat.free_slots;
  view.seen = now;
  view.asked = false;
  return replaced;
}

std::vector<NodeView> remove_silent(ClusterView& cluster, Millis now) {
  std::vector<NodeView> gone;
  std::erase_if(cluster, [&](const auto& item) {
    const bool silent = now - item.second.seen > limits::lease_period;
    if (silent) gone.push_back(item.second);
    return silent;
  });
  return gone;
}

} // namespace troupe::placement
