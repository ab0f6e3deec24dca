#include "net/bus/nats_address.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <memory>

namespace troupe::bus {
namespace {

Error invalid(std::string_view url, const std::string& expected) {
  return make_error(ErrorClass::invalid_input,
                    "'" + std::string{url} + "' is not the address of a nats-server: " + expected +
                        "; for example nats://127.0.0.1:4222");
}

bool is_port(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value >= 1 && value <= 65535;
}

/// "host", "host:port", "[::1]:port" -> host and port.
Result<> split_authority(std::string_view authority, std::string_view shown, NatsAddress& address) {
  address.port = "4222";
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return invalid(shown, "the `]` of the host is missing");
    address.host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
  } else {
    const auto colon = authority.find(':');
    address.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) port = authority.substr(colon);
  }
  if (address.host.empty()) return invalid(shown, "expected a host");
  if (port.empty()) return {};
  if (port.front() != ':' || !is_port(port.substr(1)))
    return invalid(shown, "expected a port from 1 to 65535 after the host");
  address.port = port.substr(1);
  return {};
}

Result<NatsAddress> parse_one(std::string_view text) {
  NatsAddress address;
  std::string_view scheme = "nats", rest = text;
  if (const auto mark = text.find("://"); mark != std::string_view::npos) {
    scheme = text.substr(0, mark);
    rest = text.substr(mark + 3);
  }
  const auto at = rest.rfind('@');
  const auto authority = at == std::string_view::npos ? rest : rest.substr(at + 1);
  address.url = std::string{scheme} + "://" + std::string{rest};
  address.shown = std::string{scheme} + "://" + std::string{authority};
  if (scheme != "nats" && scheme != "tls")
    return invalid(address.shown, "expected nats:// or tls://");
  address.tls = scheme == "tls";
  if (auto split = split_authority(authority, address.shown, address); !split) return split.error();
  return address;
}

struct Addresses {
  addrinfo* list = nullptr;
  ~Addresses() {
    if (list) freeaddrinfo(list);
  }
};

struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

/// Empty when it connects.
std::string try_connect(const addrinfo& to, Millis timeout) {
  const Descriptor socket{::socket(to.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (socket.fd < 0) return std::strerror(errno);
  if (connect(socket.fd, to.ai_addr, to.ai_addrlen) == 0) return {};
  if (errno != EINPROGRESS) return std::strerror(errno);
  pollfd wait{socket.fd, POLLOUT, 0};
  if (poll(&wait, 1, static_cast<int>(timeout.count())) == 0) return "it does not answer";
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket.fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? std::string{} : std::strerror(error);
}

} // namespace

Result<std::vector<NatsAddress>> parse_nats_url(std::string_view text) {
  std::vector<NatsAddress> addresses;
  while (true) {
    const auto comma = text.find(',');
    auto one = text.substr(0, comma);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    auto address = parse_one(one);
    if (!address) return address.error();
    addresses.push_back(std::move(*address));
    if (comma == std::string_view::npos) return addresses;
    text.remove_prefix(comma + 1);
  }
}

std::string shown(const std::vector<NatsAddress>& addresses) {
  std::string text;
  for (const auto& address : addresses) text += (text.empty() ? "" : ", ") + address.shown;
  return text;
}

std::string why_unreachable(const NatsAddress& address, Millis timeout) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  Addresses found;
  if (const int error =
          getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found.list);
      error != 0)
    return "the name " + address.host + " cannot be resolved (" + gai_strerror(error) + ")";
  std::string why;
  for (const auto* to = found.list; to; to = to->ai_next) {
    why = try_connect(*to, timeout);
    if (why.empty()) return "something answers there, but not as a nats-server";
  }
  return why;
}

} // namespace troupe::bus
