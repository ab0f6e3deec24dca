// Port: HTTP towards the outside. Real version: net/http/client (libcurl).
#pragma once
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/result.hpp"

namespace troupe::ports {

struct HttpRequest {
  std::string method = "GET";
  std::string url; // http or https only
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Millis timeout{10'000};               // of the whole exchange
  std::size_t body_bytes_max = 1 << 20; // of the answer; more is cut and `truncated` says so
  bool follow_redirects = false;
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers; // names in lower case
  std::string body;
  bool truncated = false;
  Millis duration{0};
};

/// Thread-safe.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// Blocks until the answer is there, at most request.timeout; returns early when `stop` is
  /// requested. Any status is a response. Errors: timeout; tool_failed: could not connect, name
  /// unknown, broken answer (the text says which); cancelled: `stop`; invalid_input: the URL.
  virtual Result<HttpResponse> send(const HttpRequest& request, std::stop_token stop) = 0;
};

} // namespace troupe::ports
