#include "ops/cli/bench/suites.hpp"

namespace troupe::bench {

const std::vector<Suite>& suites() {
  static const std::vector<Suite> all{
      {"runs", "sequential runs through the whole engine: steps a second, and one alone",
       bench_runs},
      {"jobs", "jobs submitted and finished a second, of a plan without work", bench_jobs},
  };
  return all;
}

} // namespace troupe::bench
