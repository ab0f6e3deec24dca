#include "ops/cli/bench/timer_runs.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>

#include "ops/cli/bench/load.hpp"
#include "ops/cli/bench/measuring.hpp"
#include "ops/cli/bench/raw_postgres.hpp"
#include "runtime/limits.hpp"

namespace troupe::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto plan = R"(plan: alarm
inputs: { at: { type: string } }
steps: [{ id: sleep, wait: { until: "${{ inputs.at }}" } }]
)";
constexpr std::uint64_t submitted_at_once = 1'000;
constexpr Millis parking_per_run{1}; // more than it takes

void submit(Orchestrator& orchestrator, std::uint64_t from, std::uint64_t to, Instant start,
            std::uint64_t per_second) {
  await<Unit>([&](auto done) {
    auto left = std::make_shared<std::atomic<std::uint64_t>>(to - from);
    for (auto number = from; number < to; ++number) {
      ports::JobRequest request;
      request.plan_name = "measured";
      request.source = "bench";
      const auto at = start + Millis{number * 1'000 / per_second};
      request.inputs = JsonText{"{\"at\":\"" + to_iso8601(at) + "\"}"};
      orchestrator.node().operations().submit(
          std::move(request), [left, done](const Result<ports::Submitted>& submitted) {
            if (!submitted) return done(submitted.error());
            if (--*left == 0) done(Unit{});
          });
    }
  });
}

std::uint64_t count(PostgresSession& session, const std::string& what) {
  return std::stoull(
      session.column("SELECT count(*) FROM runs r WHERE r.team = 'bench' AND " + what).at(0));
}

} // namespace

TimerRuns wake_through_node(Stage& stage, const BenchOptions& options, std::uint64_t number,
                            std::uint64_t per_second) {
  options.tell("a node starts, and " + std::to_string(number) + " runs that only wait");
  Orchestrator orchestrator{stage, {.name = "whole"}, plan};
  orchestrator.node().wait_for_nodes(1);
  PostgresSession session{stage.postgres_url()};
  TimerRuns out;
  const auto start = SystemClock{}.now() + limits::park_least + 1s + number * parking_per_run;
  for (std::uint64_t from = 0; from < number; from += submitted_at_once)
    submit(orchestrator, from, std::min(from + submitted_at_once, number), start, per_second);
  stage.let_pass(start - SystemClock{}.now() - 500ms);
  out.parked = count(session, "r.owner IS NULL AND r.wake_at IS NOT NULL");
  options.tell("they come due");
  const auto last = start + Millis{number * 1'000 / per_second} - SystemClock{}.now();
  orchestrator.progress().wait_for_runs(number, last + 30s);
  out.ended = count(session, "r.state = 'completed'");
  for (const auto& late : session.column(
           "SELECT 1000 * extract(epoch FROM r.finished_at - (j.inputs::json->>'at')::timestamptz)"
           "  FROM runs r JOIN jobs j ON j.id = r.job"
           " WHERE r.team = 'bench' AND r.state = 'completed'"))
    out.late_ms.push_back(std::stod(late));
  return out;
}

} // namespace troupe::bench
