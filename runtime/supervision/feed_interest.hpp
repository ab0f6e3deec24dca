// Whether anybody listens to what a run does. NATS tells a publisher only when it asks for an
// answer: then nobody there is said at once. Pure.
#pragma once
#include <cstdint>
#include <unordered_map>

#include "runtime/clock.hpp"
#include "runtime/ids.hpp"

namespace troupe::supervision {

enum class FeedSend : std::uint8_t {
  nothing, // nobody listens, or nothing is known and enough was asked already
  plainly,
  asking, // as a request, whose answer goes to heard()
};

/// `now` is of a clock that only goes on.
class FeedInterest {
 public:
  /// For the next append of a run.
  FeedSend decide(RunId run, Millis now);
  void heard(RunId run, bool somebody);

 private:
  struct Run {
    Millis asked_at{};
    bool nobody = false; // until it is known, somebody may listen
  };
  bool may_ask(Millis now);

  std::unordered_map<RunId, Run> runs_;
  Millis second_{}; // the beginning of the second that asks_ counts
  unsigned asks_ = 0;
};

} // namespace troupe::supervision
