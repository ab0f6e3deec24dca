// What a connection may publish and hear, by the role of its node. A subject is
// troupe.<cluster>.<verb>.<recipient>.<sender>: what may be said is cut by verb, and the sender is
// always the node itself.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::keys {

enum class Role {
  orchestrator, // owns runs, hands out attempts
  agent,        // runs attempts, calls tools
  tool,         // serves its own toolkits
  gateway,      // lets alerts and events in, from any source
  injector,     // sends events of its own sources
  viewer,       // hears heartbeats and events, says nothing
};

inline constexpr Role all_roles[] = {Role::orchestrator, Role::agent,    Role::tool,
                                     Role::gateway,      Role::injector, Role::viewer};

std::string_view to_string(Role role);
std::optional<Role> parse_role(std::string_view text);

/// One node as the servers know it.
struct Member {
  std::string node;
  std::vector<Role> roles;
  std::vector<std::string> toolkits; // of a tool node, or of an agent node that serves some
  std::vector<std::string> sources;  // of an injector; a gateway may use any
};

/// In the terms of nats-server: subjects, for a queue group with its name behind a space.
struct Permissions {
  std::vector<std::string> publish, subscribe;
  bool answers = false; // may publish to the reply subject of what it received
};

/// Without doubles, in a fixed order.
Permissions permissions_of(const std::string& cluster, const Member& member);

} // namespace troupe::keys
