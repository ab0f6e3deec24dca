// One look at a node's clocks.
#pragma once
#include "runtime/clock.hpp"

namespace troupe {

struct Moment {
  Instant date;     // what people read; corrections move it, forwards and backwards
  Millis monotonic; // what waiting is counted on
};

} // namespace troupe
