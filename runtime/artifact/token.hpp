// What an executor shows to move artifacts: signed under the secret of the cluster, so that any
// orchestrator node can tell without asking whom it was given to. Pure.
#pragma once
#include <string>
#include <string_view>

#include "runtime/clock.hpp"
#include "runtime/ids.hpp"
#include "runtime/result.hpp"

namespace troupe::artifact {

/// The attempt names the step and its iteration: its number is never used again in the run.
struct Token {
  RunId run;
  AttemptNumber attempt = 0;
  Instant expires{}; // to the second

  friend bool operator==(const Token&, const Token&) = default;
};

/// "ta1.<run>.<attempt>.<seconds since 1970>.<HMAC-SHA256 of all before it>"
std::string sign(const Token& token, std::string_view key);

/// denied: it is no token, was not signed under this key, or its time is over; the text says which.
Result<Token> check(std::string_view text, std::string_view key, Instant now);

/// When the token of an attempt that is assigned now ends. `timeout`: of the attempt; 0: none.
Instant expiry(Instant now, Millis timeout);

} // namespace troupe::artifact
