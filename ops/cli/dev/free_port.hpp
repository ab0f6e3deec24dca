// Ports for private servers, chosen so that nobody else gets them before the server listens.
#pragma once
#include <cstdint>
#include <string>

namespace troupe::dev {

/// Both ends included.
struct PortRange {
  std::uint16_t first = 0, last = 0;

  friend bool operator==(const PortRange&, const PortRange&) = default;
};

/// What the kernel does not hand out by itself when `kernels` is what it does.
PortRange private_ports(PortRange kernels);
/// The same on this machine.
PortRange private_ports();

/// A TCP port on which nobody listens at `host` now. It is reserved until this process ends: no
/// call gets it again, in whatever process of this machine. Failure unavailable: none was found.
std::uint16_t free_port(const std::string& host = "127.0.0.1", PortRange among = private_ports());

} // namespace troupe::dev
