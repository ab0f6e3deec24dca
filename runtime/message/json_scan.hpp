// The bytes of a JSON string, as the reader and the writer both see them.
#pragma once
#include <cstdint>
#include <cstring>
#include <string_view>

namespace troupe::message {

/// How many bytes from the start are printable ASCII other than `"` and `\`: what JSON carries as
/// it is. Eight at a time; most strings end here.
inline std::size_t plain_prefix(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    const std::uint64_t control = word - ones * 0x20;
    const std::uint64_t quote = (word ^ ones * '"') - ones;
    const std::uint64_t backslash = (word ^ ones * '\\') - ones;
    // A borrow may also mark the byte above a true hit; the loop below looks at each byte.
    if ((word | control | quote | backslash) & highs) break;
  }
  for (; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\') break;
  }
  return at;
}

/// Length of the UTF-8 sequence of one code point beyond ASCII that `text` begins with; 0 if it is
/// not one (RFC 3629: no overlong form, no surrogate, nothing beyond U+10FFFF).
inline std::size_t utf8_sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned lead = byte(0);
  if (lead >= 0xc2 && lead <= 0xdf) return continues(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (lead == 0xe0 && byte(1) < 0xa0) return 0;
    if (lead == 0xed && byte(1) > 0x9f) return 0;
    return continues(1) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (lead == 0xf0 && byte(1) < 0x90) return 0;
    if (lead == 0xf4 && byte(1) > 0x8f) return 0;
    return continues(1) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

} // namespace troupe::message
