#include "runtime/lease/drain.hpp"

#include "runtime/limits.hpp"

namespace troupe::lease {

Drain::Do Drain::enter(Phase phase, Do what, Millis now) {
  phase_ = phase;
  since_ = now;
  return what;
}

Drain::Do Drain::next(bool executing, bool owning, Millis now) {
  const Millis passed = now - since_;
  switch (phase_) {
    case Phase::finishing:
      if (!executing && passed >= limits::drain_least)
        return enter(Phase::leaving, Do::hand_over_runs, now);
      if (passed < limit_) return Do::wait;
      return enter(Phase::handing_over, Do::hand_over_attempts, now);
    case Phase::handing_over:
      if (executing && passed < limits::hand_over_max) return Do::wait;
      return enter(Phase::leaving, Do::hand_over_runs, now);
    case Phase::leaving: return owning && passed < limits::hand_over_max ? Do::wait : Do::end;
  }
  return Do::end;
}

} // namespace troupe::lease
