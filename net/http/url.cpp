#include "net/http/url.hpp"

#include <algorithm>
#include <charconv>

namespace troupe::http {
namespace {

/// The length of the UTF-8 sequence at the start of `text`, 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const auto second = byte(1);
  const bool bad = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                   (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
  return bad ? 0 : length;
}

std::optional<char> hex_pair(std::string_view text) {
  unsigned value = 0;
  if (text.size() < 2) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 2, value, 16);
  if (error != std::errc{} || end != text.data() + 2) return std::nullopt;
  return static_cast<char>(value);
}

std::string_view take_until(std::string_view& rest, char mark) {
  const auto part = rest.substr(0, rest.find(mark));
  rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  return part;
}

bool is_port(std::string_view text) {
  return text.size() <= 5 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const auto decoded = hex_pair(text.substr(i + 1));
      if (!decoded) return std::nullopt;
      out += *decoded;
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  if (out.find('\0') != out.npos || !is_utf8(out)) return std::nullopt;
  return out;
}

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

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto length = sequence_length(text);
    out += length == 0 ? std::string_view{"\xef\xbf\xbd"} : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

} // namespace troupe::http
