#include "ops/cli/dev/free_port.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <fstream>
#include <random>

#include "ops/cli/dev/address.hpp"
#include "ops/cli/exit_codes.hpp"

namespace troupe::dev {

namespace {

constexpr int tries_max = 500;

/// A name that lives as long as this process, in no folder (its first byte is zero), and that
/// nobody else can take meanwhile. Returns whether we got it.
bool reserve(std::uint16_t port) {
  std::string text = "troupe-port-" + std::to_string(port);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path + 1, text.data(), text.size());
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&name), size) == 0) return true; // and stays open
  ::close(fd);
  return false;
}

} // namespace

PortRange private_ports(PortRange kernels) {
  if (kernels.first >= 11'000) return {10'000, static_cast<std::uint16_t>(kernels.first - 1)};
  if (kernels.last <= 64'000) return {static_cast<std::uint16_t>(kernels.last + 1), 65'535};
  return {10'000, 65'535}; // all are the kernel's
}

PortRange private_ports() {
  PortRange kernels{32'768, 60'999};
  std::ifstream{"/proc/sys/net/ipv4/ip_local_port_range"} >> kernels.first >> kernels.last;
  return private_ports(kernels);
}

// Not bind() to port 0: the kernel would soon give the same port to somebody else who asks so, and
// between our asking and the server's listening there are seconds.
std::uint16_t free_port(const std::string& host, PortRange among) {
  std::random_device random;
  std::uniform_int_distribution<unsigned> any{among.first, among.last};
  for (int i = 0; i < tries_max; ++i) {
    auto port = static_cast<std::uint16_t>(any(random));
    if (is_free({host, port}) && reserve(port)) return port;
  }
  throw cli::Failure{cli::ExitCode::unavailable, "no free port on " + host + " from " +
                                                     std::to_string(among.first) + " to " +
                                                     std::to_string(among.last)};
}

} // namespace troupe::dev
