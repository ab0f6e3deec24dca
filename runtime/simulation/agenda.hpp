// Virtual time: what happens next, in order.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "runtime/clock.hpp"

namespace troupe::simulation {

using Time = Millis; // since the simulated world began: no process sees it

class Agenda {
 public:
  void after(Time delay, std::function<void()> what);
  /// Moves on to the next thing and does it. False: there is none.
  bool step();
  Time now() const { return now_; }
  std::uint64_t steps() const { return steps_; }

 private:
  struct Entry {
    Time when;
    std::uint64_t order; // of two at one moment, the one that was put down first
    std::function<void()> what;
    friend bool operator<(const Entry& a, const Entry& b) { // a later one is less: a heap of these
      return a.when != b.when ? a.when > b.when : a.order > b.order;
    }
  };

  std::vector<Entry> heap_;
  Time now_{0};
  std::uint64_t order_ = 0, steps_ = 0;
};

} // namespace troupe::simulation
