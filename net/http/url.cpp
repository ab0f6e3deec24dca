#include "net/http/url.hpp"

#include <algorithm>

#include "runtime/percent.hpp"

namespace troupe::http {
namespace {

std::string_view take_until(std::string_view& rest, char mark) {
  const auto part = rest.substr(0, rest.find(mark));
  rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  return part;
}

bool is_port(std::string_view text) {
  return text.size() <= 5 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

std::optional<Fields> parse_query(std::string_view text) {
  Fields fields;
  while (!text.empty()) {
    auto value = take_until(text, '&');
    if (value.empty()) continue;
    const auto name = take_until(value, '=');
    auto decoded_name = percent_decode(name, true), decoded_value = percent_decode(value, true);
    if (!decoded_name || !decoded_value) return std::nullopt;
    fields.emplace_back(std::move(*decoded_name), std::move(*decoded_value));
  }
  return fields;
}

std::optional<Target> parse_target(std::string_view text) {
  if (text.starts_with("http://")) { // as a proxy would be asked
    text.remove_prefix(7);
    text.remove_prefix(std::min(text.find_first_of("/?"), text.size()));
    if (text.empty()) text = "/";
  }
  if (!text.starts_with('/')) return std::nullopt;
  if (std::ranges::any_of(text, [](char c) { return c <= ' ' || c == '\x7f' || c == '#'; }))
    return std::nullopt;
  const auto path = take_until(text, '?');
  auto query = parse_query(text);
  if (!query) return std::nullopt;
  return Target{std::string{path}, std::move(*query)};
}

std::optional<std::string> host_of(std::string_view authority) {
  std::string_view host = authority, port;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == authority.npos) return std::nullopt;
    host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
  } else if (const auto colon = authority.find(':'); colon != authority.npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (!port.empty() && (port.front() != ':' || !is_port(port.substr(1)))) return std::nullopt;
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty() || std::ranges::any_of(host, [](char c) {
        return c <= ' ' || c >= '\x7f' ||
               std::string_view{"/@?#\\\"<>[]"}.find(c) != std::string_view::npos;
      }))
    return std::nullopt;
  std::string lower{host};
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return lower;
}

} // namespace troupe::http
