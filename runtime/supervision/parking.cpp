#include "runtime/supervision/parking.hpp"

#include <algorithm>

#include "runtime/limits.hpp"

namespace troupe::supervision {

bool worth_parking(std::optional<Instant> until, Instant now) {
  return !until || *until - now >= limits::park_least;
}

std::optional<Instant> WakeTimer::expect(Instant at) {
  const auto ring_at = std::max(at, last_claim_ + limits::wake_interval);
  if (next_ && *next_ <= ring_at) return std::nullopt;
  return next_ = ring_at;
}

bool WakeTimer::ring(Instant now) { return next_ && *next_ <= now; }

void WakeTimer::claimed(Instant now) {
  next_.reset();
  last_claim_ = now;
}

} // namespace troupe::supervision
