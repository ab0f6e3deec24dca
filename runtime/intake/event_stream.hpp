// Stage 1 of 9: the JetStream stream that keeps injected events until Postgres has them, read by
// all orchestrator nodes as one consumer. Sans I/O: actors/event_intake runs it. What it says is
// the JSON API of nats-server (docs.nats.io, "JetStream wire API"; ADR-1, and ADR-13 for pulls).
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "runtime/clock.hpp"
#include "runtime/intake/injected.hpp"
#include "runtime/ports/bus.hpp"
#include "runtime/result.hpp"

namespace troupe::intake {

/// "troupe-<cluster>-in": what net/keys gives orchestrators the permissions for.
std::string event_stream_name(std::string_view cluster);

/// Every `now` is of a monotonic clock.
class EventStream {
 public:
  EventStream(std::string cluster, unsigned replicas);

  struct Ask { // a request; the payload of its answer comes to answered()
    std::string subject, payload;
  };
  struct Pull { // published; what comes of it goes to the inbox, and to came()
    std::string subject, payload;
  };
  using Do = std::variant<std::monostate, Ask, Pull>;
  /// What to do now; asked after everything that happened, and every second.
  Do next(Millis now);

  /// Of what was wrong, told once until it is another: worth a line in the log.
  std::optional<Error> answered(const Result<std::string>& payload, Millis now);

  /// What came to the inbox: an event, or nothing (a notice that a pull is over).
  std::optional<Injected> came(const ports::BusMessage& message, Millis now);
  /// An event is dealt with. `taken`: it may be acknowledged; else nothing is pulled for a moment.
  void settled(bool taken, Millis now);

  /// Everything anew: nobody knows what became of what was under way.
  void link_changed();
  void stop() { stopped_ = true; } // pulls no more

  bool open() const { return phase_ == Phase::open; }
  std::size_t in_hand() const { return in_hand_; }

 private:
  enum class Phase { look, make, consume, open };
  Ask ask(std::string_view verb, std::string payload);
  std::string stream_config() const;
  std::string consumer_config() const;
  Error explain(const Error& error) const;

  std::string cluster_, stream_;
  unsigned replicas_;
  Phase phase_ = Phase::look;
  bool asking_ = false, stopped_ = false;
  Millis not_before_{};     // of the next thing to do
  Millis pull_until_{};     // the present pull is over then, whatever is heard of it
  std::size_t pulled_ = 0;  // that may still come of it
  std::size_t in_hand_ = 0; // that have come, and are not dealt with
  std::string said_;        // the fault told last
};

/// The answers to an event, sent to its reply subject: it is in Postgres; it is not, try again.
inline constexpr std::string_view event_taken = "+ACK";
std::string event_later(Millis after);

} // namespace troupe::intake
