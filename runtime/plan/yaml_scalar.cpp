#include "runtime/plan/yaml_scalar.hpp"

#include <charconv>
#include <cstdint>
#include <optional>

namespace troupe::plan {
namespace {

using Type = SourceNode::Type;

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const auto word : words)
    if (text == word) return true;
  return false;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t count_digits(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  return count;
}

std::string_view without_leading_zeros(std::string_view digits) {
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  return digits;
}

PlainScalar too_large(std::string_view text) {
  return {Type::number, "0",
          "the number " + std::string{text} + " does not fit in 64 bits; quote it if it is text"};
}

template <class Integer>
std::optional<std::string> as_integer(std::string_view digits, int base) {
  Integer value{};
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (ec != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return std::to_string(value);
}

/// `digits` have been seen to be digits of the base, so only their size can be wrong.
PlainScalar integer(std::string_view text, std::string_view digits, int base, bool negative) {
  const auto value = negative ? as_integer<std::int64_t>("-" + std::string{digits}, base)
                              : as_integer<std::uint64_t>(digits, base);
  if (!value) return too_large(text);
  return {Type::number, *value, ""};
}

/// 0x1F, 0o17
std::optional<PlainScalar> with_base(std::string_view text) {
  const bool hex = text.starts_with("0x");
  if ((!hex && !text.starts_with("0o")) || text.size() < 3) return std::nullopt;
  const auto digits = text.substr(2);
  const auto allowed = hex ? "0123456789abcdefABCDEF" : "01234567";
  if (digits.find_first_not_of(allowed) != std::string_view::npos) return std::nullopt;
  return integer(text, digits, hex ? 16 : 8, false);
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
std::optional<PlainScalar> decimal(std::string_view text) {
  auto rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  const auto whole = rest.substr(0, count_digits(rest));
  rest.remove_prefix(whole.size());
  if (rest.empty()) {
    if (whole.empty()) return std::nullopt;
    return integer(text, without_leading_zeros(whole), 10, negative);
  }

  std::string spelling = negative ? "-" : "";
  spelling += whole.empty() ? "0" : without_leading_zeros(whole);
  std::size_t fraction = 0;
  if (rest.starts_with('.')) {
    fraction = count_digits(rest.substr(1));
    spelling += "." + (fraction == 0 ? "0" : std::string{rest.substr(1, fraction)});
    rest.remove_prefix(1 + fraction);
  }
  if (whole.empty() && fraction == 0) return std::nullopt;
  if (rest.starts_with('e') || rest.starts_with('E')) {
    const std::size_t sign = rest.size() > 1 && (rest[1] == '-' || rest[1] == '+') ? 1 : 0;
    const auto digits = count_digits(rest.substr(1 + sign));
    if (digits == 0) return std::nullopt;
    spelling += rest.substr(0, 1 + sign + digits);
    rest.remove_prefix(1 + sign + digits);
  }
  if (!rest.empty()) return std::nullopt;

  double value = 0;
  const auto ec = std::from_chars(spelling.data(), spelling.data() + spelling.size(), value).ec;
  if (ec != std::errc{}) return too_large(text);
  return PlainScalar{Type::number, std::move(spelling), ""};
}

} // namespace

PlainScalar resolve_plain(std::string_view text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return {Type::null, "", ""};
  if (is_one_of(text, {"true", "True", "TRUE"})) return {Type::boolean, "true", ""};
  if (is_one_of(text, {"false", "False", "FALSE"})) return {Type::boolean, "false", ""};
  if (auto number = with_base(text)) return *number;
  if (auto number = decimal(text)) return *number;
  const auto unsigned_text = text.starts_with('-') || text.starts_with('+') ? text.substr(1) : text;
  if (is_one_of(unsigned_text, {".inf", ".Inf", ".INF"}) ||
      is_one_of(text, {".nan", ".NaN", ".NAN"}))
    return {Type::number, "0",
            "the number " + std::string{text} + " has no form in JSON; quote it if it is text"};
  return {Type::string, std::string{text}, ""};
}

} // namespace troupe::plan
