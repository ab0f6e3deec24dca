#include "runtime/hash.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <vector>

#include "runtime/limits.hpp"

namespace troupe {
namespace {

// RFC 8785 sorts keys by UTF-16 code units; that differs from bytes only beyond U+FFFF.
std::u16string utf16(std::string_view text) {
  std::u16string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    std::uint32_t code = size == 1 ? lead : lead & (0xff >> (size + 1));
    for (std::size_t k = 1; k < size && i + k < text.size(); ++k)
      code = code << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3f);
    if (code > 0xffff) {
      out += static_cast<char16_t>(0xd800 + ((code - 0x10000) >> 10));
      out += static_cast<char16_t>(0xdc00 + ((code - 0x10000) & 0x3ff));
    } else {
      out += static_cast<char16_t>(code);
    }
    i += size;
  }
  return out;
}

/// ECMAScript's Number::toString: the shortest digits, an exponent only outside [1e-6, 1e21).
std::string ecma_number(double value) {
  if (value == 0) return "0";
  char digits[32];
  const auto end =
      std::to_chars(digits, digits + sizeof digits, std::abs(value), std::chars_format::scientific)
          .ptr;
  const std::string_view text{digits, static_cast<std::size_t>(end - digits)};
  const auto e = text.find('e');
  std::string mantissa{text.substr(0, e)};
  std::erase(mantissa, '.');
  int exponent = 0;
  const auto* from = text.data() + e + 1 + (text[e + 1] == '+');
  std::from_chars(from, end, exponent);

  const int count = static_cast<int>(mantissa.size());
  const int point = exponent + 1; // where the decimal point stands, from the first digit
  std::string out;
  if (point > 21 || point <= -6) {
    out = mantissa.substr(0, 1);
    if (count > 1) out += '.' + mantissa.substr(1);
    out += exponent < 0 ? "e-" : "e+";
    out += std::to_string(std::abs(exponent));
  } else if (point <= 0) {
    out = "0." + std::string(static_cast<std::size_t>(-point), '0') + mantissa;
  } else if (point >= count) {
    out = mantissa + std::string(static_cast<std::size_t>(point - count), '0');
  } else {
    out = mantissa.substr(0, static_cast<std::size_t>(point)) + '.' +
          mantissa.substr(static_cast<std::size_t>(point));
  }
  return value < 0 ? '-' + out : out;
}

void write(std::string& out, const boost::json::value& value) {
  namespace json = boost::json;
  switch (value.kind()) {
    case json::kind::object: {
      std::vector<std::pair<std::u16string, const json::key_value_pair*>> members;
      for (const auto& member : value.get_object())
        members.emplace_back(utf16(member.key()), &member);
      std::sort(members.begin(), members.end(),
                [](const auto& a, const auto& b) { return a.first < b.first; });
      char separator = '{';
      for (const auto& [key, member] : members) {
        out += separator;
        separator = ',';
        out += json::serialize(json::string{member->key()});
        out += ':';
        write(out, member->value());
      }
      out += separator == '{' ? "{}" : "}";
      return;
    }
    case json::kind::array: {
      char separator = '[';
      for (const auto& item : value.get_array()) {
        out += separator;
        separator = ',';
        write(out, item);
      }
      out += separator == '[' ? "[]" : "]";
      return;
    }
    case json::kind::double_: out += ecma_number(value.get_double()); return;
    default: out += json::serialize(value);
  }
}

} // namespace

std::string canonical(const JsonText& json) {
  boost::json::parse_options options;
  // Boost's default of 32 is less than what a value may nest, and bundles nest values in values.
  options.max_depth = 2 * limits::json_depth_max;
  std::string out;
  write(out, boost::json::parse(json.text, {}, options));
  return out;
}

std::string digest(const JsonText& json) { return sha256_hex(canonical(json)); }

} // namespace troupe
