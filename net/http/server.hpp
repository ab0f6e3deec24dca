// The HTTP server. Boost.Asio stands behind this page.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "net/http/router.hpp"
#include "runtime/clock.hpp"
#include "runtime/limits.hpp"
#include "runtime/ports/metrics.hpp"
#include "runtime/result.hpp"

namespace troupe::http {

struct ServerOptions {
  std::string listen = "127.0.0.1:8420"; // an IP address or localhost, and a port; 0: any free one
  std::vector<std::string> hosts;        // names by which it may be asked, beside those of loopback
  unsigned threads = 1;

  std::size_t header_bytes_max = limits::http_header_bytes_max; // 431
  std::size_t body_bytes_max = limits::http_body_bytes_max;     // 413
  std::size_t connections_max = limits::http_connections_max;   // the next: 503 and closed
  Millis idle_timeout = limits::http_idle_timeout;              // between requests: closed
  Millis request_timeout = limits::http_request_timeout;        // first to last byte of one: 408
  Millis answer_timeout = limits::http_request_timeout; // from there to the handler's answer: 504
  Millis write_timeout = limits::http_request_timeout;  // of one answer: closed

  ports::Metrics* metrics = nullptr; // outlives the server; null: not counted
};

// What it counts. `route` is a pattern of the router, or "none".
inline constexpr ports::Counter requests_total{"troupe_http_requests_total",
                                               "HTTP requests answered"};
inline constexpr ports::Histogram request_seconds{
    "troupe_http_request_seconds", "From the last byte of an HTTP request to the handler's answer",
    ports::latency_bounds};
inline constexpr ports::Gauge connections_open{"troupe_http_connections", "Open HTTP connections"};

/// HTTP/1.1 with keep-alive; requests of one connection are served one after the other. Every error
/// is a problem of RFC 9457.
class Server {
 public:
  /// Listens when this returns. invalid_input: the address, or it is in use, not of this machine or
  /// not ours to take; the text names address, cause and remedy.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Router router);
  /// As drain(0ms). Answers that come later are dropped.
  ~Server();

  int port() const;
  std::string url() const; // "http://127.0.0.1:8420"

  /// Takes no more connections and requests, lets those under way end for up to `bound`, then
  /// closes. Blocks; not from a handler.
  void drain(Millis bound);

  struct Core;

 private:
  explicit Server(std::shared_ptr<Core> core);
  std::shared_ptr<Core> core_;
};

} // namespace troupe::http
