#include "net/http/listen_address.hpp"

#include <arpa/inet.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace troupe::http {
namespace {

Error invalid(std::string_view text) {
  return make_error(ErrorClass::invalid_input,
                    "'" + std::string{text} +
                        "' is not an address to listen on: expected ADDRESS:PORT, for example "
                        "127.0.0.1:8420, [::1]:8420 or localhost:0 for any free port");
}

} // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return invalid(text);
  auto host = text.substr(0, colon);
  const auto port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != host.npos)
    return invalid(text);
  ListenAddress address{std::string{host}, 0};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (host.empty() || port.empty() || error != std::errc{} || end != port.data() + port.size())
    return invalid(text);
  return address;
}

bool is_loopback(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") return true;
  const std::string text{host};
  in_addr four{};
  if (inet_pton(AF_INET, text.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  std::array<unsigned char, 16> six{};
  if (inet_pton(AF_INET6, text.c_str(), six.data()) != 1) return false;
  constexpr std::array<unsigned char, 16> one{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return six == one ||
         (std::memcmp(six.data(), mapped.data(), mapped.size()) == 0 && six[12] == 127);
}

Error cannot_listen(const ListenAddress& address, int error) {
  const auto at = "cannot listen on " + to_string(address) + ": ";
  const auto fault = [&](const std::string& text) {
    return make_error(ErrorClass::invalid_input, at + text);
  };
  switch (error) {
    case EADDRINUSE:
      return fault("port " + std::to_string(address.port) +
                   " is in use; stop the program that has it, or choose another with --listen " +
                   to_string({address.host, 0}) + " (0: any free port)");
    case EACCES:
      return fault(
          "no permission; ports below 1024 belong to root: choose a higher one with "
          "--listen");
    case EINVAL: return fault("expected an IP address or localhost");
    default:
      return fault(std::strerror(error) +
                   std::string{"; --listen takes an address of this machine, such as "
                               "127.0.0.1:8420"});
  }
}

std::string to_string(const ListenAddress& address) {
  const bool six = address.host.find(':') != std::string::npos;
  return (six ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

} // namespace troupe::http
