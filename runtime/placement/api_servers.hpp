// Where the API of the cluster is served, as a gateway hears it. Pure.
#pragma once
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/message/agent_message.hpp"

namespace troupe::placement {

/// Whether it is an orchestrator that others reach by HTTP. (A gateway is reached too.)
bool serves_api(const message::NodeHeartbeat& beat);

/// Thread-safe. Every `now` is of this node's boot-time clock.
class ApiServers {
 public:
  /// Of any node; only orchestrators that serve HTTP are kept. True: it was not known.
  bool hear(const std::string& node, const message::NodeHeartbeat& beat, Millis now);
  void drains(IncarnationId incarnation);
  void left(IncarnationId incarnation);

  /// Their URLs, in the order in which to try them: those that take work, each first in its turn;
  /// those that drain; those that have been silent for the lease period, for an hour, because it
  /// may be this node that hears nothing.
  std::vector<std::string> urls(Millis now);
  /// That take work and are heard.
  std::size_t count(Millis now) const;

 private:
  struct Server {
    IncarnationId incarnation;
    std::string url;
    bool draining = false;
    Millis seen{};
  };
  static bool is_silent(const Server& server, Millis now);

  mutable std::mutex mutex_;
  std::map<std::string, Server, std::less<>> servers_; // by node
  std::size_t turn_ = 0;
};

} // namespace troupe::placement
