// What an owner knows of a node, from its heartbeats.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/ids.hpp"
#include "runtime/message/agent_message.hpp"

namespace troupe::placement {

struct NodeView {
  std::string name;
  message::NodeHeartbeat last;
  std::uint32_t credit = 0; // free slots as of the last heartbeat, less what was assigned since
  Millis seen{};            // by the boot-time clock of whoever looks
  bool asked = false;       // why it is silent, since it was seen
};

using ClusterView = std::map<std::string, NodeView, std::less<>>; // by name

} // namespace troupe::placement
