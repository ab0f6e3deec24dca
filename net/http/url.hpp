// The texts of RFC 3986 that a server meets.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "net/http/message.hpp"

namespace troupe::http {

/// "a=1&b=x+y&c" -> {a,1} {b,"x y"} {c,""}. Nothing if a part cannot be decoded.
std::optional<Fields> parse_query(std::string_view text);

struct Target {
  std::string path; // as it came
  Fields query;
};
/// "/v1/jobs?limit=5", or the same behind "http://host:port". Nothing if it is not that.
std::optional<Target> parse_target(std::string_view text);

/// The host of "localhost:8420", "[::1]:8420", "example": in lower case, without brackets, port and
/// trailing dot. Nothing if it is not a host with an optional port.
std::optional<std::string> host_of(std::string_view authority);

} // namespace troupe::http
