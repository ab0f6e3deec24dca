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

// Streams of events over HTTP. One more is answered 503. A silent one says a word in between, so
// that proxies keep it and a client that is gone is noticed.
inline constexpr std::size_t event_streams_max = 256;
inline constexpr auto event_stream_heartbeat = 15s;
static_assert(event_streams_max < http_connections_max);
static_assert(event_stream_heartbeat < events_wait_max);

// Feed. Of appends beyond the queue, and of runs beyond those asked for, some are not told: readers
// fill the gap from the journal.
inline constexpr std::size_t feed_queue_max = 1'024; // appends on their way to the bus
inline constexpr std::size_t feed_runs_max = 16'384; // of which it is known whether anybody listens
inline constexpr auto feed_ask_interval = 1s;        // so often that is asked, per run
inline constexpr unsigned feed_asks_per_second =
    100; // of all runs that nobody is known to listen to

} // namespace troupe::limits
