#include "runtime/sha256.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>

namespace troupe {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

std::string in_hex(const Digest& hash) {
  constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (const auto byte : hash) (hex += digits[byte >> 4]) += digits[byte & 15];
  return hex;
}

} // namespace

std::string sha256_hex(std::string_view bytes) {
  Digest hash{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), hash.data());
  return in_hex(hash);
}

struct Sha256::State {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                  &EVP_MD_CTX_free};
};

Sha256::Sha256() : state_{std::make_unique<State>()} {
  EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr);
}
Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) {
  EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}

std::string Sha256::hex() {
  Digest hash{};
  EVP_DigestFinal_ex(state_->context.get(), hash.data(), nullptr);
  return in_hex(hash);
}

std::string hmac_sha256_hex(std::string_view key, std::string_view text) {
  Digest hash{};
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data(), nullptr);
  return in_hex(hash);
}

} // namespace troupe
