// users.conf: whom a cluster's nats-servers let in, and what each may do. They include it, and read
// it again when they are told to (nats-server --signal reload). Pure.
#pragma once
#include <string>
#include <vector>

#include "net/keys/permissions.hpp"
#include "runtime/clock.hpp"

namespace troupe::cli {

struct AcceptedKey {
  std::string public_key;
  Instant made_at;
};

struct KeyHolder {
  keys::Member member;
  std::vector<AcceptedKey> keys; // the newest first; the others are accepted until they are retired
};

std::string users_file(const std::string& cluster, const std::vector<KeyHolder>& holders);

} // namespace troupe::cli
