#include "ops/cli/bench/load.hpp"
#include "ops/cli/bench/measuring.hpp"
#include "ops/cli/bench/store_node.hpp"

namespace troupe::bench {
namespace {

constexpr std::uint64_t few = 100, many = 100'000;
constexpr unsigned rounds = 4;

/// An orchestrator, alone in its cluster, with so many parked runs in its database.
class Grown {
 public:
  Grown(Stage& stage, const std::string& name, std::uint64_t parked, unsigned steps)
      : orchestrator_{stage,
                      {.name = name, .cluster = name, .postgres_url = stage.postgres_url(name)},
                      sequence_of(steps)} {
    PostgresSession session{stage.postgres_url(name)};
    add_runs(session, "1", 0, parked, "now() + '1 day' + random() * interval '30 days'");
    session.run("VACUUM ANALYZE");
    orchestrator_.node().wait_for_nodes(1);
  }

  void go_on(const Stage& stage, const BenchOptions& options) {
    const auto here = saturate(stage, orchestrator_, options);
    steps_per_s_.push_back(here.steps_per_s);
  }
  double steps_per_s() const {
    double sum = 0;
    for (const auto each : steps_per_s_) sum += each;
    return sum / static_cast<double>(steps_per_s_.size());
  }

 private:
  Orchestrator orchestrator_;
  std::vector<double> steps_per_s_;
};

} // namespace

Report bench_growth(const BenchOptions& options) {
  const auto parked = options.open > 0 ? options.open : many;
  Report report{"growth", "Durable steps of " + std::to_string(options.steps) + "-step runs, " +
                              std::to_string(options.in_flight) + " at a time, while " +
                              std::to_string(parked) +
                              " further runs are open and parked, against " + std::to_string(few) +
                              ": two nodes, each with a database of its own, work in "
                              "turn, " +
                              std::to_string(rounds) + " times each. Postgres with fsync."};
  options.tell("the servers start");
  Stage stage{{.nats = true, .postgres = true}};
  const auto raw = measure_raw_postgres(stage, options);
  options.tell(std::to_string(parked) + " parked runs are written");
  Grown of_few{stage, "few", few, options.steps}, of_many{stage, "many", parked, options.steps};
  auto part = options;
  part.time = options.time / rounds;
  for (unsigned round = 1; round <= rounds; ++round) {
    options.tell("runs among many and few parked ones, round " + std::to_string(round) + " of " +
                 std::to_string(rounds));
    auto& first = round % 2 == 1 ? of_many : of_few;
    auto& second = round % 2 == 1 ? of_few : of_many;
    first.go_on(stage, part);
    second.go_on(stage, part);
  }
  report.add("steps_per_s", of_many.steps_per_s(), "durable steps a second among many open runs");
  report.add("few_steps_per_s", of_few.steps_per_s(), "durable steps a second among few");
  report.add("ratio_of_few", of_many.steps_per_s() / of_few.steps_per_s(),
             "the rate among many, by that among few", 3);
  report.add("open", static_cast<double>(parked), "open runs, parked");
  add_limits(report, raw);
  return report;
}

} // namespace troupe::bench
