// The bounds of limits.hpp that only views and readers of events need: a page of its own, because
// nearly everything is compiled anew when that one changes.
#pragma once
#include "runtime/limits.hpp"

namespace troupe::limits {

// Views. More instances of a foreach or repeat are counted, and shown by the page.
inline constexpr std::size_t instances_shown_max = 50;       // of one group
inline constexpr std::size_t run_instances_shown_max = 1000; // in one view of a run

// Events. Who waits longer for them gets an empty page, and asks again.
inline constexpr auto events_wait_max = 25s;
static_assert(events_wait_max < http_request_timeout);
inline constexpr auto events_sweep_interval = 250ms; // for the runs of other nodes

} // namespace troupe::limits
