// What of this node answers NATS service discovery: its agent host, and each of its tool servers.
#pragma once
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/error_class.hpp"
#include "runtime/result.hpp"
#include "runtime/service_discovery.hpp"

namespace troupe::actors {

struct NodeContext;

/// Of the servers of a toolkit: one of them takes each call.
inline constexpr std::string_view tool_queue_group = "tool_servers";

/// What was asked of each service, by the name of the part that plays it. Thread-safe; outlives a
/// crash of that part.
class ServiceCounts {
 public:
  void received(const std::string& part, std::string_view endpoint);
  void ended(const std::string& part, std::string_view endpoint, std::chrono::nanoseconds took,
             const Error* error);
  /// In the order of the endpoints.
  std::vector<ServiceCount> of(const std::string& part, const Service& service) const;

 private:
  using Key = std::pair<std::string, std::string>;

  mutable std::mutex mutex_;
  std::map<Key, ServiceCount> counts_;
};

/// The endpoint at which a message of `toolkit` came in, as its recipient says: "call" (any server
/// of the toolkit), "call_here" (this one), "cancel" (all of them).
std::string_view tool_endpoint(std::string_view toolkit, std::string_view recipient);

struct PlayedService {
  std::string part; // "agent_host", "tool_server:<toolkit>"
  Service service;
};

/// Of an agent or tool node; `started` is when this process was.
std::vector<PlayedService> services_of(const NodeContext& context, Instant started);

} // namespace troupe::actors
