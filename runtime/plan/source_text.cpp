#include "runtime/plan/source_text.hpp"

#include <algorithm>
#include <cstdio>

namespace troupe::plan {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// Bytes of the UTF-8 character that `rest` begins with; 0 if it begins with none (RFC 3629: no
/// overlong form, no surrogate, nothing beyond U+10FFFF).
std::size_t character_size(std::string_view rest) {
  const auto lead = static_cast<unsigned char>(rest[0]);
  if (lead < 0x80) return 1;
  const std::size_t size = lead < 0xc2   ? 0
                           : lead < 0xe0 ? 2
                           : lead < 0xf0 ? 3
                           : lead < 0xf5 ? 4
                                         : 0;
  if (size == 0 || rest.size() < size) return 0;
  if (!std::all_of(rest.begin() + 1, rest.begin() + static_cast<long>(size), is_continuation))
    return 0;
  const auto second = static_cast<unsigned char>(rest[1]);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool surrogate = lead == 0xed && second >= 0xa0;
  const bool beyond = lead == 0xf4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : size;
}

bool may_stand(std::string_view rest) {
  const auto c = static_cast<unsigned char>(rest[0]);
  if (c == '\r') return rest.size() > 1 && rest[1] == '\n';
  return c >= 0x20 || c == '\n' || c == '\t';
}

std::string hex(unsigned char byte) {
  char text[8];
  std::snprintf(text, sizeof text, "%02X", byte);
  return text;
}

} // namespace

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

Place place_at(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto line_start = before.rfind('\n') + 1; // npos + 1 is 0
  Place place;
  place.line = static_cast<std::uint32_t>(1 + std::count(before.begin(), before.end(), '\n'));
  place.column = static_cast<std::uint32_t>(1 + count_characters(before.substr(line_start)));
  return place;
}

std::optional<Fault> text_fault(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto rest = text.substr(at);
    const auto size = character_size(rest);
    if (size == 0)
      return Fault{place_at(text, at), "the byte 0x" + hex(static_cast<unsigned char>(rest[0])) +
                                           " is not UTF-8; save the file as UTF-8"};
    if (!may_stand(rest))
      return Fault{place_at(text, at),
                   "the control character U+00" + hex(static_cast<unsigned char>(rest[0])) +
                       " cannot stand in a text; remove it, or write it as an escape in double "
                       "quotes"};
    at += size;
  }
  return std::nullopt;
}

} // namespace troupe::plan
