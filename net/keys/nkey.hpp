// NKeys of users: the key pairs by which NATS knows a connection. A public key is 56 characters
// and begins with U; a seed, which is the secret, 58 and begins with SU.
#pragma once
#include <string>
#include <string_view>

#include "runtime/result.hpp"

namespace troupe::keys {

struct Nkey {
  std::string seed; // secret
  std::string public_key;
};

/// A new one, from the system's entropy. internal: there is none.
Result<Nkey> make_nkey();

/// The key pair of a seed, alone or as a file holds it: with white space around it. invalid_input:
/// it is not the seed of a user; the text does not show it.
Result<Nkey> nkey_of_seed(std::string_view text);

/// nkey_of_seed of what a file holds. invalid_input: it cannot be read, or holds none; the text
/// names it.
Result<Nkey> read_nkey(const std::string& seed_file);

bool is_public_key(std::string_view text);

} // namespace troupe::keys
