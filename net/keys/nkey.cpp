#include "net/keys/nkey.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

#include "net/closer.hpp"

namespace troupe::keys {
namespace {

// A key as text is base32 of: its prefix, 32 bytes, and their checksum, low byte first. A seed has
// two prefixes, its own and the one of what it is a seed of, packed into two bytes.
constexpr std::uint8_t user = 20 << 3, seed_of = 18 << 3; // 'U', 'S'
constexpr std::uint8_t seed_prefix[] = {seed_of | user >> 5, (user & 31) << 3};
constexpr std::size_t key_size = 32;
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

using Bytes = std::array<std::uint8_t, key_size>;
using Key = std::unique_ptr<EVP_PKEY, Closer<&EVP_PKEY_free>>;

/// CRC-16 of XMODEM.
std::uint16_t checksum(std::string_view bytes) {
  std::uint16_t sum = 0;
  for (const char c : bytes) {
    sum = static_cast<std::uint16_t>(sum ^ static_cast<unsigned char>(c) << 8);
    for (int bit = 0; bit < 8; ++bit)
      sum = static_cast<std::uint16_t>((sum & 0x8000) != 0 ? sum << 1 ^ 0x1021 : sum << 1);
  }
  return sum;
}

std::string base32(std::string_view bytes) {
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 5; count -= 5) text += alphabet[bits >> (count - 5) & 31];
  }
  if (count > 0) text += alphabet[bits << (5 - count) & 31];
  return text;
}

std::optional<std::string> from_base32(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto value = alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 5 | static_cast<std::uint32_t>(value);
    if ((count += 5) >= 8) bytes += static_cast<char>(bits >> (count -= 8));
  }
  return bytes;
}

std::string encode(std::string prefix, const Bytes& key) {
  prefix.append(reinterpret_cast<const char*>(key.data()), key.size());
  const auto sum = checksum(prefix);
  prefix += static_cast<char>(sum);
  prefix += static_cast<char>(sum >> 8);
  return base32(prefix);
}

std::optional<Bytes> decode(std::string_view prefix, std::string_view text) {
  const auto whole = prefix.size() + key_size;
  if (text.size() != ((whole + 2) * 8 + 4) / 5) return std::nullopt;
  const auto bytes = from_base32(text);
  if (!bytes || bytes->size() != whole + 2 || !bytes->starts_with(prefix)) return std::nullopt;
  const auto sum = checksum(std::string_view{*bytes}.substr(0, whole));
  if ((*bytes)[whole] != static_cast<char>(sum) ||
      (*bytes)[whole + 1] != static_cast<char>(sum >> 8))
    return std::nullopt;
  Bytes key;
  std::copy_n(bytes->begin() + static_cast<std::ptrdiff_t>(prefix.size()), key_size, key.begin());
  return key;
}

std::string as_text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

Result<Nkey> nkey_of(const Bytes& secret) {
  const Key key{
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.data(), secret.size())};
  Bytes open;
  std::size_t size = open.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), open.data(), &size) != 1)
    return make_error(ErrorClass::internal, "OpenSSL makes no ed25519 key");
  return Nkey{encode(as_text(seed_prefix, 2), secret), encode(as_text(&user, 1), open)};
}

} // namespace

Result<Nkey> make_nkey() {
  Bytes secret;
  if (RAND_priv_bytes(secret.data(), static_cast<int>(secret.size())) != 1)
    return make_error(ErrorClass::internal, "the system gives no random numbers");
  return nkey_of(secret);
}

Result<Nkey> nkey_of_seed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(space), text.size()));
  text = text.substr(0, text.find_last_not_of(space) + 1);
  const auto secret = decode(as_text(seed_prefix, 2), text);
  if (secret) return nkey_of(*secret);
  return make_error(ErrorClass::invalid_input,
                    "this is not the seed of a user's nkey: expected 58 characters, SU first, as "
                    "`troupe keys add` writes them");
}

Result<Nkey> read_nkey(const std::string& seed_file) {
  errno = 0;
  std::ifstream file{seed_file, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (!file)
    return make_error(ErrorClass::invalid_input, "the nkey seed file " + seed_file +
                                                     " cannot be read: " + std::strerror(errno));
  auto key = nkey_of_seed(text);
  if (!key) return make_error(ErrorClass::invalid_input, seed_file + ": " + key.error().message);
  return key;
}

bool is_public_key(std::string_view text) { return decode(as_text(&user, 1), text).has_value(); }

} // namespace troupe::keys
