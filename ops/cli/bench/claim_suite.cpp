#include "ops/cli/bench/measuring.hpp"
#include "ops/cli/bench/store_node.hpp"
#include "ops/cli/bench/suites.hpp"

namespace troupe::bench {
namespace {

constexpr std::uint32_t at_once = 256; // as an orchestrator claims
constexpr std::uint64_t few = 1'000, many = 1'000'000;
constexpr unsigned warm_ups = 5;

/// A database where so many runs pend at each claim.
class Pending {
 public:
  Pending(const std::string& url, std::uint64_t pending)
      : node_{url, "claimer"}, session_{url}, next_{pending} {
    add_runs(session_, "1", 0, pending, "NULL");
    session_.run("VACUUM ANALYZE");
    for (unsigned i = 0; i < warm_ups; ++i) claim();
    ms.clear();
    claimed = 0;
  }

  /// Off the clock what was claimed ends, and as many come in.
  void claim() {
    const auto begin = Steady::now();
    const auto rows = node_.claim(at_once).size();
    ms.push_back(ms_since(begin));
    claimed += rows;
    session_.run(
        "UPDATE runs SET state = 'completed', finished_at = now(), owner = NULL, claim = NULL"
        " WHERE owner IS NOT NULL");
    add_runs(session_, "1", next_, rows, "NULL");
    next_ += rows;
  }
  double per_s() const {
    double sum = 0;
    for (const auto each : ms) sum += each;
    return sum > 0 ? static_cast<double>(claimed) / sum * 1'000 : 0;
  }

  std::uint64_t claimed = 0;
  std::vector<double> ms;

 private:
  StoreNode node_;
  PostgresSession session_;
  std::uint64_t next_;
};

} // namespace

Report bench_claim(const BenchOptions& options) {
  const auto pending = options.open > 0 ? options.open : many;
  Report report{"claim",
                "Claims of " + std::to_string(at_once) +
                    " pending runs of five teams through the port of the store, one node, one "
                    "after the other: in turn in a database where " +
                    std::to_string(pending) + " runs pend and in one where " + std::to_string(few) +
                    " do; off the clock what was claimed ends and as many come in. Postgres with "
                    "fsync."};
  options.tell("the servers start");
  Stage stage{{.postgres = true}};
  const auto raw = measure_raw_postgres(stage, options);
  options.tell(std::to_string(pending) + " runs are written");
  Pending of_few{stage.postgres_url("few"), few}, of_many{stage.postgres_url("many"), pending};
  options.tell("claims, among many and among few in turn");
  for (const auto end = Steady::now() + options.time; Steady::now() < end;) {
    of_many.claim();
    of_few.claim();
  }
  report.add("claims_per_s", of_many.per_s(), "runs claimed a second among many");
  report.add_latencies("claim", of_many.ms, "a claim among many");
  report.add("few_claims_per_s", of_few.per_s(), "runs claimed a second among few");
  report.add_latencies("few_claim", of_few.ms, "a claim among few");
  report.add("ratio_of_few", of_many.per_s() / of_few.per_s(),
             "the rate among many, by that among few", 3);
  report.add("claimed", static_cast<double>(of_many.claimed), "runs claimed among many");
  add_limits(report, raw);
  return report;
}

} // namespace troupe::bench
