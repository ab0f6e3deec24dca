#include "ops/cli/bench/suites.hpp"

#include <unistd.h>

#include "ops/cli/bench/usage.hpp"

namespace troupe::bench {

const std::vector<Suite>& suites() {
  static const std::vector<Suite> all{
      {"runs", "sequential runs through the whole engine: steps a second, and one alone",
       bench_runs},
      {"jobs", "jobs submitted and finished a second, of a plan without work", bench_jobs},
      {"growth", "the same steps among many parked runs and among few", bench_growth},
      {"bus", "messages to another node's actor and back, over NATS", bench_bus},
      {"journal", "appends made durable, and signals to one run", bench_journal},
      {"intake", "webhook posts of Alertmanager accepted durably, over HTTP", bench_intake},
      {"claim", "runs claimed among many that pend and among few", bench_claim},
      {"parked", "a thousand parked runs due every second, among many", bench_parked},
      {"cancel", "a thousand steps on four nodes told to stop", bench_cancel},
      {"codec", "messages and journal events, to JSON and back", bench_codec},
  };
  return all;
}

Report measure(const Suite& suite, const BenchOptions& options) {
  auto report = suite.run(options);
  report.add("cpu_s", processor_seconds({::getpid()}),
             "processor seconds of the whole suite, servers and limits included", 1);
  report.add("peak_rss_mib", peak_resident_mib(::getpid()),
             "MiB of resident memory at most, of this process", 1);
  return report;
}

} // namespace troupe::bench
