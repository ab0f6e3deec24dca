// How a toolkit waits: with a deadline, and never deaf to `stop`.
#pragma once
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "runtime/clock.hpp"

namespace troupe::toolkits {

class Deadline {
 public:
  explicit Deadline(Millis from_now) : at_{std::chrono::steady_clock::now() + from_now} {}

  bool passed() const { return left() <= Millis{0}; }
  Millis left() const { return std::chrono::ceil<Millis>(at_ - std::chrono::steady_clock::now()); }
  /// `wanted`, or what is left if that is less; never negative.
  Millis at_most(Millis wanted) const {
    return std::clamp(left(), Millis{0}, std::max(wanted, Millis{0}));
  }

 private:
  std::chrono::steady_clock::time_point at_;
};

/// Waits so long. False, and early, when `stop` is requested.
inline bool pause(const std::stop_token& stop, Millis duration) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock{mutex};
  never.wait_for(lock, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

} // namespace troupe::toolkits
