// A message of libnats's, and one of ours.
#pragma once
#include <memory>

#include "runtime/ports/bus.hpp"
#include "runtime/result.hpp"

struct __natsMsg; // libnats's natsMsg

namespace troupe::bus {

struct DiscardNatsMessage {
  void operator()(__natsMsg* message) const;
};
using NatsMessage = std::unique_ptr<__natsMsg, DiscardNatsMessage>;

/// What has no payload comes with its headers all the same: the server says something by them.
ports::BusMessage from_nats(__natsMsg* raw, ports::Headers headers);

/// Requires a checked message. internal: libnats makes none.
Result<NatsMessage> to_nats(const ports::BusMessage& message);

} // namespace troupe::bus
