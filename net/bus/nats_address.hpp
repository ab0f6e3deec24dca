// Where nats-servers are: what `nats_url` may say, and why one cannot be reached.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/result.hpp"

namespace troupe::bus {

struct NatsAddress {
  std::string url;   // as given, with a scheme
  std::string shown; // the same without user and password: for logs and errors
  std::string host, port;
  bool tls = false;
};

/// "nats://127.0.0.1:4222", "tls://user:secret@host", several of them joined by commas; without a
/// scheme it is nats://, without a port 4222. invalid_input says which one is wrong and how.
Result<std::vector<NatsAddress>> parse_nats_url(std::string_view text);

/// "nats://a:4222, nats://b:4222"
std::string shown(const std::vector<NatsAddress>& addresses);

/// Tries a plain TCP connection and says in words what is in the way: "connection refused", "the
/// name is unknown", "something else answers there". Blocks, up to `timeout` and the resolver's
/// own.
std::string why_unreachable(const NatsAddress& address, Millis timeout);

} // namespace troupe::bus
