// One retrier of a step: Step Functions' vocabulary, except that max_attempts includes the first
// try (PLANS.md).
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/error_class.hpp"

namespace troupe::plan {

enum class Jitter : std::uint8_t { none, full };

struct RetryPolicy {
  std::vector<ErrorClass> on;     // empty: any class that retried_by_default()
  std::uint32_t max_attempts = 3; // first try included
  Millis interval{1000};          // before the second try
  double backoff_rate = 2.0;      // multiplies the interval at each further try
  Millis max_delay{30'000};
  Jitter jitter = Jitter::full; // full: uniform in [0, delay]

  bool matches(ErrorClass error_class) const;
  /// The wait before try `next_try` (2, 3, ...). `uniform` in [0, 1) is used by full jitter alone.
  Millis delay(std::uint32_t next_try, double uniform) const;
  friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

} // namespace troupe::plan
