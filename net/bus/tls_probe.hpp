// Why a nats-server's certificate is not trusted. libnats says only that the handshake failed.
#pragma once
#include <string>

#include "net/bus/nats_address.hpp"

namespace troupe::bus {

/// Shakes hands once more, and says in words what is wrong with the certificate: "certificate has
/// expired", "hostname mismatch". Empty: nothing is wrong with it, or no handshake came about.
/// `ca_file` empty: the system's authorities. Blocks, for some `timeout`.
std::string why_untrusted(const NatsAddress& address, const std::string& ca_file, Millis timeout);

} // namespace troupe::bus
