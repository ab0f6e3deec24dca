// When a run that only waits gives up its owner, and when a node looks for parked runs that are
// due.
#pragma once
#include <optional>

#include "runtime/clock.hpp"

namespace troupe::supervision {

/// Whether a run that waits until `until` (nothing: for its inbox alone) is parked, or stays with
/// its owner because the wait is over too soon to be worth it (limits::park_least).
bool worth_parking(std::optional<Instant> until, Instant now);

/// The one timer of an orchestrator node for parked runs, however many there are: it knows of the
/// next one alone, within limits::wake_look_ahead. Runs that are due together are claimed together,
/// once in limits::wake_interval.
class WakeTimer {
 public:
  /// A parked run is due at `at`: the store said so, or this node parked it. When to ring for it;
  /// nothing: a timer for that time or an earlier one runs already.
  std::optional<Instant> expect(Instant at);

  /// A timer went off. True: claim now. False: it was for a time that has been seen to.
  bool ring(Instant now);

  /// What is due at `now` is being claimed, for whatever reason. What is due later has to be
  /// expected again.
  void claimed(Instant now);

 private:
  std::optional<Instant> next_;
  Instant last_claim_{};
};

} // namespace troupe::supervision
