// Where a server listens: "127.0.0.1:8420", "[::1]:8420", "localhost:0".
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/result.hpp"

namespace troupe::http {

struct ListenAddress {
  std::string host;       // without brackets
  std::uint16_t port = 0; // 0: the system picks one
};

/// invalid_input: says what was expected.
Result<ListenAddress> parse_listen_address(std::string_view text);

/// True only for what cannot be reached from another machine: "localhost", 127.0.0.0/8, ::1 (in
/// brackets or not) and IPv4 of that kind written as IPv6. Without configured authentication a node
/// listens on nothing else.
bool is_loopback(std::string_view host);

/// What to tell a person when the system refuses an address; `error` is an errno.
Error cannot_listen(const ListenAddress& address, int error);

/// "127.0.0.1:8420", "[::1]:8420"
std::string to_string(const ListenAddress& address);

} // namespace troupe::http
