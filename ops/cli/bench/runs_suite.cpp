#include "ops/cli/bench/load.hpp"
#include "ops/cli/bench/raw_postgres.hpp"
#include "ops/cli/bench/usage.hpp"

namespace troupe::bench {
namespace {

constexpr Millis idle_for{3'000};

/// A node as it is started, without work: HTTP, both roles, no toolkits.
std::string idle_settings(const Stage& stage) {
  return R"({"node":{"name":"idle"},"nats":{"url":")" + stage.nats_url() +
         R"("},"postgres":{"url":")" + stage.postgres_url("idle") +
         R"("},"http":{"listen":"127.0.0.1:0"},"log":{"level":"warn"},"data_dir":")" +
         stage.folder().at("idle") + R"("})";
}

std::string agent_settings(const Stage& stage) {
  return R"({"node":{"name":"agent-1","orchestrator":false,"agent":true,"slots":1024},"nats":{"url":")" +
         stage.nats_url() + R"("},"log":{"level":"warn"},"data_dir":")" +
         stage.folder().at("agent-1") + R"("})";
}

void measure_idle(Report& report, Stage& stage, const BenchOptions& options) {
  options.tell("a node without work");
  stage.start_node("idle", idle_settings(stage));
  (void)stage.wait_for_node("idle");
  stage.let_pass(std::min(idle_for, options.time));
  report.add("idle_rss_mib", resident_mib(stage.pid_of("idle")),
             "MiB of resident memory of a node without work", 1);
  stage.stop_node("idle");
}

void measure_here(Report& report, Stage& stage, const BenchOptions& options) {
  Orchestrator orchestrator{stage, {}, sequence_of(options.steps)};
  orchestrator.node().wait_for_nodes(1);
  options.tell("runs on one node");
  const auto here = saturate(stage, orchestrator, options);
  report.add("durable_steps_per_s", here.steps_per_s, "durable steps a second on one node");
  report.add("runs_per_s", here.runs_per_s, "runs a second", 1);
  report.add("cpu_s_per_1000_steps", here.cpu_s_per_1000_steps,
             "processor seconds for 1,000 steps, of everything together", 3);
  options.tell("one run after the other");
  report.add_latencies("alone", alone(orchestrator, options), "a run alone");
}

void measure_remote(Report& report, Stage& stage, const BenchOptions& options) {
  stage.start_node("agent-1", agent_settings(stage));
  Orchestrator orchestrator{stage, {.agent = false}, sequence_of(options.steps)};
  orchestrator.node().wait_for_nodes(2);
  options.tell("runs whose agents are on a second node");
  report.add("remote_steps_per_s", saturate(stage, orchestrator, options).steps_per_s,
             "durable steps a second, agents on a second node");
  options.tell("one run after the other, agents on a second node");
  report.add_latencies("remote_alone", alone(orchestrator, options),
                       "a run alone, agents on a second node");
  report.add("agent_peak_rss_mib", peak_resident_mib(stage.pid_of("agent-1")),
             "MiB of resident memory at most, of the second node", 1);
}

} // namespace

Report bench_runs(const BenchOptions& options) {
  Report report{"runs",
                "Runs of " + std::to_string(options.steps) +
                    " sequential steps of a native agent without a tool, from the submission at "
                    "the intake to the last append in the journal, " +
                    std::to_string(options.in_flight) +
                    " runs at a time; Postgres with fsync; engine, Postgres and nats-server share "
                    "this machine. Remote: the agents run in a second node. Idle: `troupe node` "
                    "with an HTTP port and no toolkit, three seconds after its start."};
  options.tell("the servers start");
  Stage stage{{.nats = true, .postgres = true}};
  const auto raw = measure_raw_postgres(stage, options);
  measure_idle(report, stage, options);
  measure_here(report, stage, options);
  measure_remote(report, stage, options);
  add_limits(report, raw);
  return report;
}

Report bench_jobs(const BenchOptions& options) {
  Report report{"jobs",
                "Jobs of a plan whose one step is skipped, from the submission at the intake to "
                "the last append in the journal, " +
                    std::to_string(options.in_flight) +
                    " at a time; Postgres with fsync, on this machine."};
  options.tell("the servers start");
  Stage stage{{.nats = true, .postgres = true}};
  const auto raw = measure_raw_postgres(stage, options);
  Orchestrator orchestrator{
      stage, {}, "plan: nothing\nsteps: [{ id: s, agent: echo, when: \"${{ false }}\" }]\n"};
  orchestrator.node().wait_for_nodes(1);
  options.tell("jobs");
  report.add("jobs_per_s", saturate(stage, orchestrator, options).runs_per_s,
             "jobs submitted and finished a second");
  options.tell("one job after the other");
  report.add_latencies("alone", alone(orchestrator, options), "a job alone");
  add_limits(report, raw);
  return report;
}

} // namespace troupe::bench
