// TO BE MOVED INTO limits.hpp BEFORE LANDING
#pragma once
#include "runtime/limits.hpp"
namespace troupe::limits {
// Views. More instances of a foreach or repeat are counted, and shown by the page.
inline constexpr std::size_t instances_shown_max = 50;       // of one group
inline constexpr std::size_t run_instances_shown_max = 1000; // in one view of a run

// Events. A longer wait for them is answered with an empty page after this.
inline constexpr auto events_wait_max = 25s;
static_assert(events_wait_max < http_request_timeout);
inline constexpr auto events_sweep_interval = 250ms; // for the runs of other nodes
} // namespace troupe::limits
