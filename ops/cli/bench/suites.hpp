// The suites of `troupe bench`.
#pragma once
#include <string_view>
#include <vector>

#include "ops/cli/bench/figures.hpp"
#include "runtime/clock.hpp"

namespace troupe::bench {

struct BenchOptions {
  Millis time{10'000};        // of each part that is measured for a while
  unsigned steps = 10;        // of a run
  unsigned in_flight = 1'024; // runs, jobs or requests at a time
};

struct Suite {
  std::string_view name, what; // one line for the help
  Report (*run)(const BenchOptions& options);
};

const std::vector<Suite>& suites();

Report bench_runs(const BenchOptions& options);
Report bench_jobs(const BenchOptions& options);

} // namespace troupe::bench
