// How a node ends in order: what runs here is finished, or goes on elsewhere; then its runs are
// left to whoever claims them. Bounded, whatever the others do.
#pragma once
#include <cstdint>

#include "runtime/clock.hpp"

namespace troupe::lease {

class Drain {
 public:
  enum class Do : std::uint8_t {
    wait,
    hand_over_attempts, // its time is up: what still runs goes on elsewhere
    hand_over_runs,     // nothing is executed here any more
    end,
  };

  /// `limit`: for what runs to finish. Every time is of a monotonic clock.
  Drain(Millis limit, Millis now) : limit_{limit}, since_{now} {}

  /// What to do now; each but `wait` once. `executing`: attempts or tool calls are under way here.
  /// `owning`: runs, or the lease, have not been given up.
  Do next(bool executing, bool owning, Millis now);

 private:
  enum class Phase : std::uint8_t { finishing, handing_over, leaving };
  Do enter(Phase phase, Do what, Millis now);

  Millis limit_, since_; // since when it is in this phase
  Phase phase_ = Phase::finishing;
};

} // namespace troupe::lease
