// What of a request and of its answer a reverse proxy passes on (RFC 9110, 7.6). Pure.
#pragma once
#include <string>
#include <string_view>

#include "net/http/message.hpp"

namespace troupe::http {

/// Without what is about one connection, without Host and Origin (who passes it on has checked
/// them), and with a Via that names `proxy`.
Fields passed_request_headers(const Fields& headers, std::string_view proxy);

/// Without what is about one connection, and what our server says in every answer.
Fields passed_answer_headers(const Fields& headers);

/// Whether it came through `proxy` before: who passes it on asks itself.
bool is_loop(const Request& request, std::string_view proxy);

/// Whether it may be sent again when nobody knows what became of it: it changes nothing, PUTs, or
/// has an Idempotency-Key.
bool may_repeat(const Request& request);

} // namespace troupe::http
