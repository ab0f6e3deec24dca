// How a toolkit waits: with a deadline, and never deaf to `stop`.
#pragma once
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
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

/// Taken by one at a time, for as long as an action takes; who waits for it hears `stop`.
class Turn {
 public:
  struct GiveBack {
    void operator()(Turn* turn) const {
      const std::lock_guard lock{turn->mutex_};
      turn->taken_ = false;
      turn->free_.notify_one();
    }
  };
  using Taken = std::unique_ptr<Turn, GiveBack>;

  /// Null: `stop` was requested before it was our turn, or the time is over.
  Taken take(const Deadline& deadline, const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    if (!free_.wait_for(lock, stop, deadline.at_most(Millis::max()), [this] { return !taken_; }))
      return nullptr;
    taken_ = true;
    return Taken{this};
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any free_;
  bool taken_ = false;
};

} // namespace troupe::toolkits
