#include "runtime/config/syntax.hpp"

#include <algorithm>
#include <charconv>

#include "runtime/plan/language.hpp"

namespace troupe::config {
namespace {

constexpr std::size_t name_max = 64;
constexpr std::string_view lower_and_digits = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view letters_and_digits =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// 1 to 64 characters of `first` and `marks`, the first one of `first`.
bool is_name(std::string_view text, std::string_view first, std::string_view marks) {
  if (text.empty() || text.size() > name_max || first.find(text[0]) == text.npos) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return first.find(c) != first.npos || marks.find(c) != marks.npos;
  });
}

/// The whole of `text` as a number up to `max`.
bool is_number(std::string_view text, unsigned max) {
  unsigned value = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, fault] = std::from_chars(text.data(), end, value);
  return fault == std::errc{} && rest == end && value <= max;
}

bool is_ipv4(std::string_view text) {
  for (int part = 0; part < 4; ++part) {
    const auto dot = part < 3 ? text.find('.') : text.size();
    if (dot == text.npos || dot > 3 || !is_number(text.substr(0, dot), 255)) return false;
    text.remove_prefix(std::min(text.size(), dot + 1));
  }
  return text.empty();
}

bool is_nats_server(std::string_view text) {
  for (const std::string_view scheme : {"nats://", "tls://"})
    if (text.starts_with(scheme) && text.size() > scheme.size())
      return text.find_first_of(" \t\r\n") == text.npos;
  return false;
}

} // namespace

bool is_cluster_name(std::string_view text) { return is_name(text, lower_and_digits, "-"); }

bool is_node_name(std::string_view text) { return is_name(text, letters_and_digits, "_-"); }

bool is_label(std::string_view text) { return plan::is_node_label(text); }

bool is_tool_pattern(std::string_view text) {
  if (text == "*") return true;
  const auto dot = text.find('.');
  if (dot == text.npos) return false;
  const auto verb = text.substr(dot + 1);
  return is_name(text.substr(0, dot), lower_and_digits, "_-") &&
         (verb == "*" || is_name(verb, lower_and_digits, "_-"));
}

bool is_host(std::string_view text) {
  if (text.empty()) return false;
  if (text.find_first_not_of("0123456789.") == text.npos) return is_ipv4(text);
  if (text.starts_with('[') && text.ends_with(']')) {
    const auto inside = text.substr(1, text.size() - 2);
    return inside.find(':') != inside.npos &&
           inside.find_first_not_of("0123456789abcdefABCDEF:.") == inside.npos;
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    return letters_and_digits.find(c) != letters_and_digits.npos || c == '.' || c == '-';
  });
}

bool is_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  return colon != text.npos && is_host(text.substr(0, colon)) &&
         is_number(text.substr(colon + 1), 65'535);
}

bool is_http_url(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (text.starts_with(scheme)) {
      text.remove_prefix(scheme.size());
      return is_host(text) || is_listen_address(text);
    }
  return false;
}

bool is_nats_url(std::string_view text) {
  for (;;) {
    const auto comma = text.find(',');
    if (!is_nats_server(text.substr(0, comma))) return false;
    if (comma == text.npos) return true;
    text.remove_prefix(comma + 1);
  }
}

bool is_postgres_url(std::string_view text) {
  return text.starts_with("postgres://") || text.starts_with("postgresql://") ||
         (text.find("://") == text.npos && text.find('=') != text.npos);
}

} // namespace troupe::config
