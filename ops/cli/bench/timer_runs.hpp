// Runs that only wait for a time, through a whole node: claimed, parked, woken and ended.
#pragma once
#include <cstdint>
#include <vector>

#include "ops/cli/bench/stage.hpp"
#include "ops/cli/bench/suites.hpp"

namespace troupe::bench {

struct TimerRuns {
  std::uint64_t parked = 0, ended = 0;
  std::vector<double> late_ms; // from the time of each to its end, as the journal has it
};

/// Starts a node on the database of `stage`, submits `number` runs of one `wait` each, whose times
/// come `per_second` to a second once all of them are parked, and waits for their ends. Failure
/// unavailable: they are not parked, or do not end.
TimerRuns wake_through_node(Stage& stage, const BenchOptions& options, std::uint64_t number,
                            std::uint64_t per_second);

} // namespace troupe::bench
