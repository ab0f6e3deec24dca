#include "runtime/agent/markdown.hpp"

#include <algorithm>
#include <cstdint>

#include "runtime/agent/excerpt.hpp"

namespace troupe::agent::markdown {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

struct Character {
  char32_t code = 0;
  std::size_t bytes = 0; // 0: not UTF-8
};

/// The character at the start of `text`, which is not empty.
Character decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return {};
  char32_t code = first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    code = (code << 6U) | (byte(i) & 0x3FU);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < smallest[size] || code > 0x10FFFF || surrogate) return {};
  return {code, size};
}

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029;
}

bool turns_direction(char32_t c) {
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// One that begins a list, a heading's underline or a quote when it stands first, a number's dot
/// included ("1. ").
bool marks_a_line(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c == '-' || c == '+' || c == '=') return at == 0;
  if (c != '.' && c != ')') return false;
  return at > 0 &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), is_digit);
}

bool needs_escape(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (std::string_view{"\\`*[]<>#|~!&@$"}.find(c) != std::string_view::npos) return true;
  const char before = at == 0 ? ' ' : text[at - 1];
  const char after = at + 1 == text.size() ? ' ' : text[at + 1];
  if (c == '_') return !is_alnum(before) || !is_alnum(after);
  if (c == ':') return after == '/'; // https://
  if (c == '.' && at >= 3) {         // www.
    const auto prefix = text.substr(at - 3, 3);
    if (std::all_of(prefix.begin(), prefix.end(), [](char w) { return w == 'w' || w == 'W'; }))
      return true;
  }
  return marks_a_line(text, at);
}

std::size_t longest_run(std::string_view text, char of) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (char c : text) longest = std::max(longest, run = c == of ? run + 1 : 0);
  return longest;
}

std::string trimmed(std::string text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

} // namespace

std::string printable(std::string_view text, bool keep_lines) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const auto [code, bytes] = decode(text);
    if (code == '\t' || (code == '\n' && !keep_lines))
      clean += ' ';
    else if (code == '\n')
      clean += '\n';
    else if (bytes == 0 || is_control(code) || turns_direction(code))
      clean += replacement;
    else
      clean += text.substr(0, bytes);
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return clean;
}

std::string line(std::string_view text) {
  const auto clean = trimmed(printable(text, false));
  std::string escaped;
  for (std::size_t i = 0; i < clean.size(); ++i) {
    if (needs_escape(clean, i)) escaped += '\\';
    escaped += clean[i];
  }
  return escaped;
}

std::string code(std::string_view text) {
  const auto clean = trimmed(printable(text, false));
  if (clean.empty()) return "(empty)";
  const std::string fence(longest_run(clean, '`') + 1, '`');
  const bool padded = clean.front() == '`' || clean.back() == '`';
  const std::string pad = padded ? " " : "";
  return fence + pad + clean + pad + fence;
}

std::string block(std::string_view text, std::string_view language, std::size_t bytes_max) {
  const auto clean = printable(excerpt(text, bytes_max), true);
  const std::string fence(std::max<std::size_t>(longest_run(clean, '`') + 1, 3), '`');
  return fence + std::string{language} + "\n" + clean + (clean.ends_with('\n') ? "" : "\n") +
         fence + "\n\n";
}

} // namespace troupe::agent::markdown
