#include "runtime/ids.hpp"

#include <unistd.h>

#include <bit>
#include <cerrno>
#include <system_error>

namespace troupe {
namespace {

std::uint64_t xoshiro256ss(
    std::array<std::uint64_t, 4>& s) { // Blackman, Vigna: "Scrambled linear generators"
  const std::uint64_t result = std::rotl(s[1] * 5, 7) * 9;
  const std::uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = std::rotl(s[3], 45);
  return result;
}

std::array<std::uint64_t, 4> expand(std::uint64_t seed) { // splitmix64
  std::array<std::uint64_t, 4> state{};
  for (auto& word : state) {
    std::uint64_t z = (seed += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    word = z ^ (z >> 31);
  }
  return state;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr bool dash_before(std::size_t byte) {
  return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

} // namespace

std::string detail::format_uuid(const std::array<std::uint8_t, 16>& bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text(36, '-');
  std::size_t at = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (dash_before(i)) ++at;
    text[at++] = digits[bytes[i] >> 4];
    text[at++] = digits[bytes[i] & 15];
  }
  return text;
}

std::optional<std::array<std::uint8_t, 16>> detail::parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (dash_before(i) && text[at++] != '-') return std::nullopt;
    const int high = hex_value(text[at]), low = hex_value(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    at += 2;
  }
  return bytes;
}

double Entropy::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

std::array<std::uint8_t, 16> Entropy::uuid_v7(Instant now) {
  const auto millis = static_cast<std::uint64_t>(now.time_since_epoch().count());
  const std::uint64_t a = next(), b = next();
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(millis >> (40 - 8 * i));
  for (std::size_t i = 6; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(a >> (8 * (i - 6)));
  for (std::size_t i = 8; i < 16; ++i) bytes[i] = static_cast<std::uint8_t>(b >> (8 * (i - 8)));
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x70); // version 7
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80); // RFC 9562 variant
  return bytes;
}

/// Not by std::random_device: it asks what the processor can do each time, which a virtual machine
/// pays for with tens of microseconds, and every run has an entropy of its own.
SystemEntropy::SystemEntropy() {
  if (::getentropy(state_.data(), sizeof state_) != 0)
    throw std::system_error{errno, std::generic_category(), "getentropy"};
}
std::uint64_t SystemEntropy::next() { return xoshiro256ss(state_); }

SeededEntropy::SeededEntropy(std::uint64_t seed) : state_{expand(seed)} {}
std::uint64_t SeededEntropy::next() { return xoshiro256ss(state_); }

} // namespace troupe
