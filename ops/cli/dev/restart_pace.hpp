// When a child that died is started again, and when that is given up. Pure.
#pragma once
#include <optional>

#include "runtime/clock.hpp"

namespace troupe::dev {

struct RestartPolicy {
  Millis interval{100}; // before the first restart; doubles with each quick crash
  Millis interval_max{5'000};
  Millis healthy_after{10'000};   // a life so long forgives all crashes before it
  unsigned quick_crashes_max = 6; // one more in a row gives up
};

class RestartPace {
 public:
  explicit RestartPace(RestartPolicy policy = {}) : policy_{policy} {}

  /// A child died after living for `uptime`. How long to wait before starting it again; nothing:
  /// it crashed too often, give up.
  std::optional<Millis> on_exit(Millis uptime) {
    quick_crashes_ = uptime >= policy_.healthy_after ? 1 : quick_crashes_ + 1;
    if (quick_crashes_ > policy_.quick_crashes_max) return std::nullopt;
    Millis delay = policy_.interval * (1 << (quick_crashes_ - 1));
    return delay < policy_.interval_max ? delay : policy_.interval_max;
  }

  unsigned quick_crashes() const { return quick_crashes_; }

 private:
  RestartPolicy policy_;
  unsigned quick_crashes_ = 0;
};

} // namespace troupe::dev
