// Does the service answer?
#pragma once
#include <stop_token>
#include <string>

#include "runtime/ports/http_client.hpp"
#include "toolkits/service/settings.hpp"

namespace troupe::service {

struct Health {
  bool ok = false;
  std::string detail; // "status 200", "no answer within 2s"
};

/// Blocks for at most `timeout`, or the check's own if that is less. Ok when no check is
/// configured.
Health check_health(const HealthCheck& check, ports::HttpClient& http, Millis timeout,
                    std::stop_token stop);

} // namespace troupe::service
