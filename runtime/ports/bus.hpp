// Port: the nerve. Real version: net/bus (NATS); in-memory version for tests and simulation beside
// it.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/result.hpp"

namespace troupe::ports {

struct BusMessage {
  std::string subject;
  std::string reply_to; // empty: no answer wanted
  std::vector<std::pair<std::string, std::string>> headers;
  std::string payload;
};

/// Ends the subscription when destroyed; no handler runs after that returns.
class BusSubscription {
 public:
  virtual ~BusSubscription() = default;
};

/// At most once, no persistence. Thread-safe. Nothing is buffered while the link is down: sending
/// fails at once, because a request that comes late is worse than one that is known not to have
/// gone.
class Bus {
 public:
  using Handler = std::function<void(BusMessage)>;
  using Reply = std::function<void(Result<BusMessage>)>;
  using LinkHandler = std::function<void(bool up)>;

  virtual ~Bus() = default;

  /// Does not wait for the server. no_capacity: the link is down; invalid_input: over
  /// limits::bus_message_bytes_max.
  virtual Result<> publish(const BusMessage& message) = 0;

  /// Never blocks; `reply` runs exactly once, on a thread of the bus. Errors: agent_down: nobody
  /// listens on the subject (no responders); timeout; no_capacity: the link is down; invalid_input:
  /// too large.
  virtual void request(BusMessage message, Millis timeout, Reply reply) = 0;

  /// `handler` runs on a thread of the bus, one call at a time per subscription, and must not
  /// block. An empty `queue_group` means that every subscriber gets every message.
  virtual Result<std::unique_ptr<BusSubscription>> subscribe(const std::string& subject,
                                                             const std::string& queue_group,
                                                             Handler handler) = 0;

  virtual bool up() const = 0;
  /// Called on each change, on a thread of the bus. One handler; set before the first subscribe.
  virtual void on_link(LinkHandler handler) = 0;
};

} // namespace troupe::ports
