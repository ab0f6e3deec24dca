// NATS service discovery (ADR-32, "Service API"): what a service answers to $SRV.PING, $SRV.INFO
// and $SRV.STATS, so that every tool that lists the services of a bus lists Troupe's too.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/clock.hpp"

namespace troupe {

/// What was asked at one endpoint since the node was started.
struct ServiceCount {
  std::uint64_t requests = 0; // received
  std::uint64_t errors = 0;
  std::string last_error;
  std::chrono::nanoseconds processing{0}; // in all
};

struct ServiceEndpoint {
  std::string name;
  std::string subject;     // as it is subscribed to
  std::string queue_group; // "": everybody who subscribes gets everything
  std::map<std::string, std::string> metadata;
};

struct Service {
  std::string name; // its kind: letters, digits, `_` and `-`
  std::string id;   // of this instance alone; likewise
  std::string version, description;
  std::map<std::string, std::string> metadata;
  Instant started{};
  std::vector<ServiceEndpoint> endpoints;
};

/// Every subject on which it may be asked, as patterns to subscribe to. The first is the same for
/// all services.
std::vector<std::string> discovery_patterns(const Service& service);

/// The answer, as JSON, to a request on `subject`; nothing if that does not mean this service.
/// `counts` are those of its endpoints, in their order; a missing one is zero.
std::optional<std::string> discovery_answer(const Service& service, std::string_view subject,
                                            const std::vector<ServiceCount>& counts);

} // namespace troupe
