// Port: what a gateway node does for the outside. Real version: actors/gateway.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/intake/injected.hpp"
#include "runtime/result.hpp"

namespace troupe::ports {

struct KeptEvent {
  std::string stream;
  std::uint64_t seq = 0;  // in it
  bool duplicate = false; // it had the same Nats-Msg-Id a moment ago
};

/// Thread-safe; never blocks.
class Gateway {
 public:
  using Kept = std::function<void(Result<KeptEvent>)>;

  virtual ~Gateway() = default;

  /// Into the stream of injected events (in.<channel>). `place` is its Nats-Msg-Id: the same one
  /// again within two minutes is not kept twice. `done` runs exactly once, on any thread. Errors:
  /// no_capacity: the bus is down, nobody has made the stream, or it is full; timeout: nobody knows
  /// whether it is kept, so it is best sent again; invalid_input: too large for a message, or a
  /// header that the bus cannot carry.
  virtual void keep(intake::Injected event, Kept done) = 0;

  virtual bool bus_up() const = 0;
  /// Base URLs of orchestrators, in the order in which to ask them.
  virtual std::vector<std::string> api_servers() = 0;
  /// That take work and are heard.
  virtual std::size_t api_servers_heard() const = 0;
};

} // namespace troupe::ports
