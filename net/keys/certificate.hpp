// The certificates of one cluster's nats-servers: an authority of its own, and what it signs. Keys
// are on the curve P-256; everything is PEM.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/result.hpp"

namespace troupe::keys {

struct CertifiedKey {
  std::string certificate;
  std::string key; // secret
};

struct Validity {
  Instant from, until;
};

/// Signs itself, and may sign servers alone. internal: OpenSSL makes none.
Result<CertifiedKey> make_authority(const std::string& name, Validity validity);

/// For a server that clients, and the other servers as clients, reach by each of `hosts`: DNS names
/// and addresses. It proves itself to both. invalid_input: the authority cannot be read.
Result<CertifiedKey> certify_server(const CertifiedKey& authority, const std::string& name,
                                    const std::vector<std::string>& hosts, Validity validity);

/// invalid_input: it is no certificate.
Result<Instant> valid_until(std::string_view certificate);

} // namespace troupe::keys
