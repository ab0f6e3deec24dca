// Addresses on which `troupe dev` may listen.
#pragma once
#include <cstdint>
#include <string>

namespace troupe::dev {

struct Address {
  std::string host; // "127.0.0.1", "::1"
  std::uint16_t port = 0;

  std::string text() const; // "127.0.0.1:8420", "[::1]:8420"
};

/// "127.0.0.1:8420", "[::1]:8420", "localhost:8420". Port 0: any free one, found by free_port.
/// Failure usage: not ADDR:PORT, or an address beyond loopback.
Address parse_loopback(const std::string& text);

/// Failure unavailable: the port is taken, or the address is not of this machine; no_permission: a
/// port that this user may not use. `remedy` ends the text.
void require_free(const Address& address, const std::string& remedy);

/// Whether one could listen there now. Asks by listening for a moment.
bool is_free(const Address& address);

} // namespace troupe::dev
