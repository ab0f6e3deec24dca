// SHA-256 (FIPS 180-4): of bytes, of those that come one after the other, and keyed (RFC 2104).
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace troupe {

/// 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

/// Of bytes that come one after the other.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::string_view bytes);
  std::string hex(); // 64 lower-case hex digits; once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// 64 lower-case hex digits.
std::string hmac_sha256_hex(std::string_view key, std::string_view text);

} // namespace troupe
