// Keys that are closed for a while, because the other side asked for a pause (`rate_limited` with
// Retry-After). Whoever hears of it tells everybody (`node.limited`), again and again until it is
// over; so all of them wait.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/clock.hpp"
#include "runtime/message/agent_message.hpp"

namespace troupe::placement {

/// Every `now` is of this node's own boot-time clock.
class KeyedLimits {
 public:
  /// Heard here: told on until then. A later end counts; limits::rate_limit_max at most.
  void close(const std::string& key, Millis pause, Millis now);
  /// Heard from another node, which tells on.
  void hear(const message::NodeLimited& limited, Millis now);

  /// What is left of a key's pause; nothing: it is open.
  std::optional<Millis> left(std::string_view key, Millis now) const;
  /// What to tell the others now; no keys: nothing.
  message::NodeLimited told(Millis now) const;
  /// Forgets what is over. True: a key is open again.
  bool expire(Millis now);

 private:
  struct Closed {
    Millis until{};
    bool own = false; // heard here
  };
  void extend(const std::string& key, Millis until, bool own);

  std::map<std::string, Closed, std::less<>> closed_;
};

/// Under which a toolkit is closed; a direct tool call asks placement for the same.
std::string toolkit_key(std::string_view toolkit);

} // namespace troupe::placement
