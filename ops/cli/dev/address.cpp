#include "ops/cli/dev/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "ops/cli/exit_codes.hpp"

namespace troupe::dev {

using cli::ExitCode;
using cli::Failure;

namespace {

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

std::optional<SocketAddress> socket_address(const std::string& host, std::uint16_t port) {
  SocketAddress address{};
  if (::inet_pton(AF_INET, host.c_str(), &address.v4.sin_addr) == 1) {
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(port);
    return address;
  }
  if (::inet_pton(AF_INET6, host.c_str(), &address.v6.sin6_addr) == 1) {
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(port);
    return address;
  }
  return std::nullopt;
}

bool is_loopback(const SocketAddress& address) {
  if (address.any.sa_family == AF_INET) return ntohl(address.v4.sin_addr.s_addr) >> 24 == 127;
  return IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
}

/// A listening socket's errno, or 0.
int try_listen(const Address& address) {
  auto name = socket_address(address.host, address.port);
  if (!name) return EADDRNOTAVAIL;
  int fd = ::socket(name->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  bool ok = ::bind(fd, &name->any, sizeof *name) == 0 && ::listen(fd, 1) == 0;
  int error = ok ? 0 : errno;
  ::close(fd);
  return error;
}

Failure bad_listen(const std::string& text, const std::string& why) {
  return {ExitCode::usage,
          "--listen " + text + ": " + why + "; expected ADDR:PORT, for example 127.0.0.1:8420"};
}

} // namespace

std::string Address::text() const {
  std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return shown + ":" + std::to_string(port);
}

Address parse_loopback(const std::string& text) {
  auto colon = text.rfind(':');
  if (colon == std::string::npos) throw bad_listen(text, "the port is missing");
  Address address;
  address.host = text.substr(0, colon);
  if (address.host.starts_with('[') && address.host.ends_with(']'))
    address.host = address.host.substr(1, address.host.size() - 2);
  if (address.host == "localhost") address.host = "127.0.0.1";
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data() + colon + 1, end, address.port);
  if (error != std::errc{} || stop != end)
    throw bad_listen(text, "the port is not a number from 0 to 65535");
  auto name = socket_address(address.host, address.port);
  if (!name) throw bad_listen(text, "`" + address.host + "` is not an IP address");
  if (!is_loopback(*name))
    throw Failure{ExitCode::usage,
                  "--listen " + text +
                      " reaches beyond this machine, and `troupe dev` asks nobody "
                      "who they are; listen on 127.0.0.1 and put an authenticating proxy in front"};
  return address;
}

void require_free(const Address& address, const std::string& remedy) {
  int error = try_listen(address);
  if (error == 0) return;
  std::string place = "cannot listen on " + address.text() + ": ";
  if (error == EADDRINUSE)
    throw Failure{ExitCode::unavailable, place + "the port is in use" + remedy};
  auto code = error == EACCES ? ExitCode::no_permission : ExitCode::unavailable;
  throw Failure{code, place + std::strerror(error) + remedy};
}

bool is_free(const Address& address) { return try_listen(address) == 0; }

} // namespace troupe::dev
