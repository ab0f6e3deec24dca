// Passes requests on to other servers, and their answers back. libcurl stands behind this page.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/http/message.hpp"
#include "runtime/clock.hpp"
#include "runtime/limits.hpp"
#include "runtime/ports/metrics.hpp"

namespace troupe::http {

struct ForwarderOptions {
  std::string name; // of this proxy, in Via
  /// Base URLs in the order in which to try them; called on any thread.
  std::function<std::vector<std::string>()> servers;
  Millis connect_timeout{2'000};
  Millis answer_timeout = limits::http_request_timeout - Millis{1'000}; // without a byte
  Millis stall_timeout =
      2 * Millis{limits::http_request_timeout}; // of one that is passed on while it comes
  std::size_t whole_bytes_max = 1 << 20; // a longer body, or one of unknown length, is passed on
                                         // while it comes
  std::size_t ahead_bytes_max = 1 << 18; // of such a body, that wait for the client
  ports::Metrics* metrics = nullptr;     // outlives it; null: not counted
};

inline constexpr ports::Counter forwards_total{"troupe_gateway_forwards_total",
                                               "Requests passed on to an orchestrator, by outcome"};

/// The bytes of a request are passed on as they came, headers as net/http/passing says. A server
/// that cannot be reached is passed over for the next one. One that breaks off, or that answers
/// 503, is passed over too if the request may be repeated (passing: may_repeat); else its answer
/// stands, or 502 says that nobody knows. 503: there is no server; 504: none answered in time; 508:
/// the request has come through here before. The answers to at most as many requests are under way
/// as the server in front has connections.
class Forwarder {
 public:
  explicit Forwarder(ForwarderOptions options);
  /// What is under way ends without an answer.
  ~Forwarder();

  /// Never blocks; any thread.
  void forward(Request request, Answer answer);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace troupe::http
