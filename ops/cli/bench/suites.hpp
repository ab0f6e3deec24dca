// The suites of `troupe bench`.
#pragma once
#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ops/cli/bench/figures.hpp"
#include "runtime/clock.hpp"

namespace troupe::bench {

struct BenchOptions {
  Millis time{10'000};        // of each part that is measured for a while
  unsigned steps = 10;        // of a run
  unsigned in_flight = 1'024; // runs, jobs, appends or requests at a time
  unsigned open = 0;          // runs that pend or are parked; 0: as many as the suite is about
  std::function<void(const std::string& part)> tell = [](const std::string&) {}; // what begins now

  Millis raw_time() const { return std::min(time / 4, Millis{1'500}); } // of each limit
  Millis warm_up() const { return std::min(time / 4, Millis{2'000}); }
};

struct Suite {
  std::string_view name, what; // one line for the help
  Report (*run)(const BenchOptions& options);
};

const std::vector<Suite>& suites();

/// Runs it, and adds what all of it cost.
Report measure(const Suite& suite, const BenchOptions& options);

Report bench_bus(const BenchOptions& options);
Report bench_cancel(const BenchOptions& options);
Report bench_claim(const BenchOptions& options);
Report bench_codec(const BenchOptions& options);
Report bench_growth(const BenchOptions& options);
Report bench_intake(const BenchOptions& options);
Report bench_jobs(const BenchOptions& options);
Report bench_journal(const BenchOptions& options);
Report bench_parked(const BenchOptions& options);
Report bench_runs(const BenchOptions& options);

} // namespace troupe::bench
