// A group's supervision: OTP's strategies and intensity, with the backoff that OTP lacks (PLANS.md,
// "Restart").
#pragma once
#include <cstdint>

#include "runtime/clock.hpp"
#include "runtime/plan/retry_policy.hpp"

namespace troupe::plan {

enum class RestartStrategy : std::uint8_t { one_for_one, rest_for_one, one_for_all };

struct RestartPolicy {
  RestartStrategy strategy = RestartStrategy::one_for_one;
  std::uint32_t intensity = 0; // restarts within `period`; one more fails the child
  Millis period{300'000};
  Millis interval{1000};
  double backoff_rate = 2.0;
  Millis max_delay{60'000};
  Jitter jitter = Jitter::full;
  Millis reset_after{600'000}; // so long without a failure resets the backoff
  friend bool operator==(const RestartPolicy&, const RestartPolicy&) = default;
};

} // namespace troupe::plan
