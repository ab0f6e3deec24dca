#include "runtime/plan/retry_policy.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::plan {

bool RetryPolicy::matches(ErrorClass error_class) const {
  if (on.empty()) return retried_by_default(error_class);
  return std::find(on.begin(), on.end(), error_class) != on.end();
}

Millis RetryPolicy::delay(std::uint32_t next_try, double uniform) const {
  const auto waits_before = next_try < 2 ? 0.0 : static_cast<double>(next_try - 2);
  const auto grown = static_cast<double>(interval.count()) * std::pow(backoff_rate, waits_before);
  const auto bounded = std::min(grown, static_cast<double>(max_delay.count())); // also if infinite
  return Millis{static_cast<Millis::rep>(jitter == Jitter::full ? bounded * uniform : bounded)};
}

} // namespace troupe::plan
