// The bus on a nats-server (2.2 or later). libnats stands behind this page.
#pragma once
#include <memory>
#include <string>

#include "runtime/clock.hpp"
#include "runtime/ports/bus.hpp"

namespace troupe::bus {

struct NatsOptions {
  std::string url = "nats://127.0.0.1:4222";  // several joined by commas; tls:// encrypts
  std::string name = "troupe";                // what the server shows for the connection
  std::string inbox_prefix = "_INBOX.troupe"; // answers arrive below it; "_INBOX.<node>"
  std::string ca_file; // PEM, in place of the system's authorities; then nothing goes in clear
  std::string nkey_seed_file; // who we are; read at each connection, so that it may be rotated

  Millis connect_timeout{2'000}; // of one try
  Millis ping_interval{1'000};   // a server that misses two is given up
  Millis write_deadline{1'000};  // the longest that sending can take when the server does not read
  Millis reconnect_wait_min{50}; // after the first failed try, then doubled, with jitter
  Millis reconnect_wait_max{1'000};
};

/// Tries once, up to connect_timeout for each server; the caller repeats it. no_capacity: no server
/// could be reached; denied: it refused us, is not who it should be, or the key is another node's;
/// invalid_input: an option. The text names the address, the cause and the remedy.
///
/// Afterwards the bus joins again by itself, for ever. A lost link is not libnats's reconnect,
/// which always keeps at least one message for later: each link is a connection of its own, and
/// what was not written to it is gone. A request whose link is lost after it was written ends at
/// once with `timeout`, because nobody can tell whether it arrived.
///
/// Destroying it ends requests that still wait with `timeout`; afterwards no handler runs. It takes
/// up to connect_timeout while a try is under way, and must not happen within a handler.
Result<std::unique_ptr<ports::Bus>> connect(NatsOptions options);

} // namespace troupe::bus
