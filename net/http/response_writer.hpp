// Answers to bytes. Pure.
#pragma once
#include <string>

#include "net/http/message.hpp"
#include "runtime/clock.hpp"

namespace troupe::http {

struct Framing {
  bool close = false;        // "Connection: close"
  bool http_1_0 = false;     // "Connection: keep-alive" must be said
  bool without_body = false; // HEAD: its length is said all the same
  std::string request_id;    // empty: none
};

/// Status line, headers and body. A header that would break the lines is left out.
std::string write_response(const Response& response, const Framing& framing, Instant now);

/// "Fri, 20 Nov 2026 18:46:51 GMT"
std::string http_date(Instant at);

} // namespace troupe::http
