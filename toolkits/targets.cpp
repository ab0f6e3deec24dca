#include "toolkits/targets.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace troupe::toolkits {
namespace {

std::string lower(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 253 || text.front() == '.' || text.front() == '-') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

template <class Number>
std::optional<Number> number(std::string_view text, Number highest) {
  unsigned long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > highest)
    return std::nullopt;
  return static_cast<Number>(value);
}

bool within(const Address& address, const Address& base, unsigned bits) {
  for (unsigned i = 0; i < bits; ++i) {
    const auto mask = static_cast<std::uint8_t>(0x80 >> (i % 8));
    if ((address[i / 8] & mask) != (base[i / 8] & mask)) return false;
  }
  return true;
}

Error bad_url(std::string_view why) {
  return make_error(ErrorClass::invalid_input,
                    "the URL is not usable: " + std::string{why} +
                        "; expected http://host[:port]/path or https://...");
}

} // namespace

std::optional<Address> parse_address(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt; // C would stop reading there
  const std::string copy{text};
  Address address{};
  std::array<std::uint8_t, 4> four{};
  if (::inet_pton(AF_INET, copy.c_str(), four.data()) == 1) {
    address[10] = address[11] = 0xff;
    std::copy(four.begin(), four.end(), address.begin() + 12);
    return address;
  }
  if (::inet_pton(AF_INET6, copy.c_str(), address.data()) == 1) return address;
  return std::nullopt;
}

Result<UrlTarget> parse_url(std::string_view url) {
  for (const unsigned char c : url)
    if (c <= ' ' || c == 0x7f || c == '\\' || c == '"' || c == '<' || c == '>')
      return bad_url("it holds a space, a control character or one of \\ \" < >");
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return bad_url("it has no scheme");
  const auto scheme = lower(url.substr(0, scheme_end));
  if (scheme != "http" && scheme != "https") return bad_url("its scheme is not http or https");

  auto rest = url.substr(scheme_end + 3);
  auto authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos) return bad_url("it holds a user name");
  UrlTarget target{"", static_cast<std::uint16_t>(scheme == "https" ? 443 : 80)};
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return bad_url("a bracket is not closed");
    target.host = lower(authority.substr(1, end - 1));
    port = authority.substr(end + 1);
    if (!parse_address(target.host)) return bad_url("no IPv6 address stands in the brackets");
  } else {
    const auto end = std::min(authority.find(':'), authority.size());
    target.host = lower(authority.substr(0, end));
    port = authority.substr(end);
    if (!is_name(target.host)) return bad_url("its host is no name or address");
  }
  if (!port.empty()) {
    const auto value = number<std::uint16_t>(port.substr(1), 65535);
    if (port[0] != ':' || !value || *value == 0) return bad_url("its port is not 1 to 65535");
    target.port = *value;
  }
  return target;
}

std::string AllowList::add(std::string_view entry) {
  if (entry == "*") return anything_ = true, "";
  const auto slash = entry.find('/');
  if (const auto base = parse_address(entry.substr(0, slash))) {
    const unsigned width = entry.find(':') == std::string_view::npos ? 32 : 128;
    auto bits = width;
    if (slash != std::string_view::npos) {
      const auto given = number<unsigned>(entry.substr(slash + 1), width);
      if (!given) return "expected 0 to " + std::to_string(width) + " bits after the slash";
      bits = *given;
    }
    ranges_.push_back({*base, bits + 128 - width});
    return "";
  }
  const auto name = lower(entry);
  const auto rest = std::string_view{name}.substr(name.starts_with("*.") ? 2 : 0);
  if (!is_name(rest))
    return "expected an address (10.0.0.0/8, ::1), a name (localhost, *.example.org) or *";
  names_.push_back(name);
  return "";
}

bool AllowList::allows(std::string_view host) const {
  if (anything_) return true;
  if (const auto address = parse_address(host))
    return std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& range) {
      return within(*address, range.base, range.bits);
    });
  auto name = lower(host);
  if (name.ends_with('.')) name.pop_back(); // the absolute form of the same name
  return std::any_of(names_.begin(), names_.end(), [&](const std::string& allowed) {
    if (!allowed.starts_with("*.")) return name == allowed;
    const auto suffix = std::string_view{allowed}.substr(1); // ".example.org"
    return name.size() > suffix.size() && name.ends_with(suffix);
  });
}

} // namespace troupe::toolkits
