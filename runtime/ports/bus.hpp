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

namespace troupe::message {
struct AgentMessage;
}

namespace troupe::ports {

struct BusMessage {
  std::string subject;
  std::string reply_to;                                     // empty: no answer wanted
  std::vector<std::pair<std::string, std::string>> headers; // of one that came: see Headers
  std::string payload;
  /// What the payload would say, where Bus::hands_over; whoever receives it may take it apart.
  std::shared_ptr<message::AgentMessage> handed{};
};

/// Whether a subscriber is told the headers of what comes. To read them costs as much as all the
/// rest of a small message.
enum class Headers : bool { dropped, kept };

/// "_INBOX.<node>": answers to a node arrive below it, and the node alone hears them.
inline std::string inbox_of(std::string_view node) { return "_INBOX." + std::string{node}; }

/// Answers within a process arrive below it; nothing of it goes over a wire.
inline constexpr std::string_view handover_inbox = "_HANDOVER.";

/// Ends the subscription when destroyed; no handler runs after that returns, so it waits for one
/// that does, except from within it. May outlive its bus.
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

  /// Does not wait for the server, only, and within a bound, for room to write. no_capacity: the
  /// link is down, or too much waits to be written: it was not sent; invalid_input: over
  /// limits::bus_message_bytes_max, or a subject or header that would break the protocol.
  virtual Result<> publish(const BusMessage& message) = 0;

  /// As publish; `reply` runs exactly once, on a thread of the bus, never within this call; an
  /// answer's headers are dropped. Errors:
  /// agent_down: nobody listens on the subject (no responders); timeout: no answer in time, or, at
  /// once, the link was lost after it went out, so that nobody knows whether it arrived;
  /// no_capacity: the link is down and it was not sent, or limits::bus_requests_max wait;
  /// invalid_input: as publish. `reply_to` of the message is ignored.
  virtual void request(BusMessage message, Millis timeout, Reply reply) = 0;

  /// `handler` runs on a thread of the bus, one call at a time per subscription, and must not
  /// block: the others wait for it. An empty `queue_group` means that every subscriber gets every
  /// message. `*` in the subject stands for one token, a last `>` for the rest. Also while the link
  /// is down: it then begins with the next link. What this bus publishes afterwards comes behind
  /// it; what another publishes at the same moment may miss it. invalid_input: not a subject.
  virtual Result<std::unique_ptr<BusSubscription>> subscribe(
      const std::string& subject, const std::string& queue_group, Handler handler,
      Headers headers = Headers::dropped) = 0;

  /// Whether what goes to `subject` now stays in this process, so that `handed` may stand for the
  /// payload. Should nobody be there any more when it is sent, the error is agent_down; of a
  /// publish too.
  virtual bool hands_over(std::string_view /*subject*/) const { return false; }

  virtual bool up() const = 0;
  /// Called on each change after the first link, on a thread of the bus: with false when everything
  /// under way has been failed, with true when every subscription stands again. One handler; set
  /// before the first subscribe.
  virtual void on_link(LinkHandler handler) = 0;
};

} // namespace troupe::ports
