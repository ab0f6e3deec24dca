// One request and its answer, without a socket: who serves it, how the answer reads, what is
// counted.
#pragma once
#include <atomic>
#include <chrono>
#include <string>

#include "net/http/message.hpp"
#include "net/http/origin_check.hpp"
#include "net/http/response_writer.hpp"
#include "net/http/router.hpp"
#include "net/http/server.hpp"

namespace troupe::http {

/// What all connections of a server share.
struct Service {
  ServerOptions options;
  Router router;
  OriginRules rules;
  std::string id_prefix = {};
  std::atomic<std::uint64_t> exchanges = 0;
  SystemClock clock = {};
};

/// Begins when made. Not thread-safe.
class Exchange {
 public:
  Exchange(Service& service, std::string peer);

  /// Has the request's handler, or the refusal, put an answer into `answer`; from any thread, maybe
  /// before this returns.
  void serve(Request request, const Answer& answer);
  /// Counts and logs it; the bytes to send. `framing.request_id` is filled in here.
  std::string end(const Response& response, Framing framing);

 private:
  Service& service_;
  std::string id_, peer_;
  std::string method_ = "none", path_, route_ = "none"; // while no request could be read
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

} // namespace troupe::http
