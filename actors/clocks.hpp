// The clocks of this node that no correction of the date moves.
#pragma once
#include <time.h>

#include "runtime/clock.hpp"

namespace troupe::actors {

inline Millis read_clock(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return std::chrono::duration_cast<Millis>(std::chrono::seconds{now.tv_sec} +
                                            std::chrono::nanoseconds{now.tv_nsec});
}

/// Stands still while the machine is suspended: what an agent waits by.
inline Millis monotonic_time() { return read_clock(CLOCK_MONOTONIC); }
/// Goes on through a suspend: what grants, leases and silence are counted on. A suspend shows as a
/// gap in what is done at intervals.
inline Millis boot_time() { return read_clock(CLOCK_BOOTTIME); }

} // namespace troupe::actors
