#include "toolkits/service/health.hpp"

#include <algorithm>

#include "toolkits/tcp.hpp"

namespace troupe::service {
namespace {

std::string silence(const Error& error, Millis timeout) {
  if (error.error_class == ErrorClass::timeout)
    return "no answer within " + format_duration(timeout);
  return error.message;
}

} // namespace

Health check_health(const HealthCheck& check, ports::HttpClient& http, Millis timeout,
                    std::stop_token stop) {
  if (!check.configured()) return {true, "no health check is configured"};
  timeout = std::min(timeout, check.timeout);
  if (check.http.empty()) {
    const auto connected =
        toolkits::connect_tcp(check.tcp_host, check.tcp_port, timeout, std::move(stop));
    if (!connected) return {false, silence(connected.error(), timeout)};
    return {true, "connected"};
  }
  ports::HttpRequest request;
  request.url = check.http;
  request.timeout = timeout;
  request.body_bytes_max = 1024;
  const auto response = http.send(request, std::move(stop));
  if (!response) return {false, silence(response.error(), timeout)};
  return {response->status >= 200 && response->status < 400,
          "status " + std::to_string(response->status)};
}

} // namespace troupe::service
