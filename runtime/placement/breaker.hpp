// A circuit breaker for a dependency that all calls of a toolkit go to: after `failures` within
// `within` it is open, and calls are refused at once, `no_capacity`, which spends nothing. After
// `open_for` one call may try (half-open): if it goes well the breaker closes, otherwise it opens
// anew.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>

#include "runtime/clock.hpp"
#include "runtime/error_class.hpp"

namespace troupe::placement {

struct BreakerPolicy {
  std::uint32_t failures = 5; // that open it, within the time below
  Millis within{30'000};
  Millis open_for{10'000}; // before one call may try
  friend bool operator==(const BreakerPolicy&, const BreakerPolicy&) = default;
};

/// Whether an error says that the dependency, rather than the question, is at fault.
bool is_failure_of_dependency(ErrorClass error_class);

/// Every `now` is of a monotonic clock.
class Breaker {
 public:
  enum class State : std::uint8_t { closed, open, half_open };

  explicit Breaker(BreakerPolicy policy) : policy_{policy} {}

  /// Nothing: the call may go. Otherwise how long until one may try again.
  std::optional<Millis> refuse(Millis now);
  /// How a call went that was let through.
  void ended(bool failed, Millis now);
  State state() const { return state_; }

 private:
  void open(Millis now);

  BreakerPolicy policy_;
  State state_ = State::closed;
  std::deque<Millis> failed_;
  Millis since_{}; // when it opened; half-open: when the call that tries went
};

} // namespace troupe::placement
