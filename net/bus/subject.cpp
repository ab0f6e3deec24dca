#include "net/bus/subject.hpp"

#include <algorithm>

namespace troupe::bus {
namespace {

/// Takes the first token off `rest`; `rest` is empty after the last one.
std::string_view next_token(std::string_view& rest) {
  const auto token = rest.substr(0, rest.find('.'));
  rest.remove_prefix(std::min(rest.size(), token.size() + 1));
  return token;
}

bool is_plain(std::string_view token) {
  return !token.empty() && std::ranges::all_of(token, [](char c) {
    return c > ' ' && c < 0x7f && c != '*' && c != '>';
  });
}

} // namespace

bool is_subject(std::string_view text) {
  if (text.empty() || text.size() > subject_bytes_max || text.back() == '.') return false;
  while (!text.empty())
    if (!is_plain(next_token(text))) return false;
  return true;
}

bool is_pattern(std::string_view text) {
  if (text.empty() || text.size() > subject_bytes_max || text.back() == '.') return false;
  while (!text.empty()) {
    const auto token = next_token(text);
    if (token == ">") return text.empty();
    if (token != "*" && !is_plain(token)) return false;
  }
  return true;
}

bool matches(std::string_view pattern, std::string_view subject) {
  while (!pattern.empty() && !subject.empty()) {
    const auto wanted = next_token(pattern);
    if (wanted == ">") return true;
    const auto token = next_token(subject);
    if (wanted != "*" && wanted != token) return false;
  }
  return pattern.empty() && subject.empty();
}

} // namespace troupe::bus
