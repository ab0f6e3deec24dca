#include "runtime/placement/keyed_limit.hpp"

#include <algorithm>

#include "runtime/limits.hpp"

namespace troupe::placement {

void KeyedLimits::extend(const std::string& key, Millis until, bool own) {
  auto& closed = closed_[key];
  if (until <= closed.until) return;
  closed = {until, own};
}

void KeyedLimits::close(const std::string& key, Millis pause, Millis now) {
  extend(key, now + std::min<Millis>(pause, limits::rate_limit_max), true);
}

void KeyedLimits::hear(const message::NodeLimited& limited, Millis now) {
  for (const auto& [key, for_ms] : limited.closed) {
    const auto pause = std::min<Millis>(Millis{for_ms}, limits::rate_limit_max);
    const auto known = closed_.find(key);
    const bool own = known != closed_.end() && known->second.own;
    if (!own || pause > limits::heartbeat_interval + (known->second.until - now))
      extend(key, now + pause, false); // not its own word, that comes back a little late
  }
}

std::optional<Millis> KeyedLimits::left(std::string_view key, Millis now) const {
  const auto found = closed_.find(key);
  if (found == closed_.end() || found->second.until <= now) return std::nullopt;
  return found->second.until - now;
}

message::NodeLimited KeyedLimits::told(Millis now) const {
  message::NodeLimited limited;
  for (const auto& [key, closed] : closed_)
    if (closed.own && closed.until > now)
      limited.closed.push_back({key, static_cast<std::uint32_t>((closed.until - now).count())});
  return limited;
}

bool KeyedLimits::expire(Millis now) {
  return std::erase_if(closed_, [&](const auto& item) { return item.second.until <= now; }) > 0;
}

std::string toolkit_key(std::string_view toolkit) { return "tool:" + std::string{toolkit}; }

} // namespace troupe::placement
