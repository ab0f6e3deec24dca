#include <unistd.h>

#include <future>

#include "ops/cli/bench/orchestrator.hpp"
#include "ops/cli/bench/raw_postgres.hpp"
#include "ops/cli/bench/suites.hpp"
#include "ops/cli/bench/usage.hpp"
#include "ops/cli/exit_codes.hpp"
#include "ops/cli/files.hpp"

namespace troupe::bench {
namespace {

using Steady = std::chrono::steady_clock;

constexpr Millis warm_up{2'000}, look{1};
constexpr unsigned alone_runs = 300;

double ms_since(Steady::time_point begin) {
  return std::chrono::duration<double, std::milli>(Steady::now() - begin).count();
}

/// A team whose one plan is the one that is measured: what a job pins is checked once.
config::Team team_with(const Stage& stage, const std::string& plan) {
  cli::write_file_atomically(stage.folder().at("plan.yaml"), plan);
  cli::write_file_atomically(stage.folder().at("team.yaml"),
                             "team: bench\nroles: { echo: { kind: native, agent: echo } }\n"
                             "plans: { measured: plan.yaml }\n");
  auto loaded = config::load_team(stage.folder().at("team.yaml"));
  for (const auto& [file, fault] : loaded.faults)
    throw cli::Failure{cli::ExitCode::internal, plan::to_string(fault, file)};
  return std::move(loaded.team);
}

std::string sequence_of(unsigned steps) {
  std::string plan = "plan: sequence\nsteps:\n";
  for (unsigned i = 1; i <= steps; ++i)
    plan += "  - { id: s" + std::to_string(i) +
            ", agent: echo, task: { number: " + std::to_string(i) + " } }\n";
  return plan;
}

ports::JobRequest measured_job() {
  ports::JobRequest request;
  request.plan_name = "measured";
  request.source = "bench";
  return request;
}

/// Keeps so many jobs under way.
class Load {
 public:
  Load(Orchestrator& orchestrator, ports::JobRequest request, unsigned in_flight)
      : orchestrator_{orchestrator}, request_{std::move(request)}, in_flight_{in_flight} {}

  void keep_up(Millis time) {
    const auto end = Steady::now() + time;
    while (Steady::now() < end) {
      const auto finished = orchestrator_.progress().runs() - before_;
      while (submitted_ < finished + in_flight_) submit();
      orchestrator_.progress().wait_for_runs(before_ + finished + 1, look);
    }
  }
  void finish() {
    if (!orchestrator_.progress().wait_for_runs(before_ + submitted_, Millis{60'000}))
      throw cli::Failure{cli::ExitCode::internal, "not every run has finished"};
  }

 private:
  void submit() {
    ++submitted_;
    orchestrator_.operations().submit(request_, [](const Result<ports::Submitted>& submitted) {
      if (!submitted) std::fprintf(stderr, "troupe: %s\n", submitted.error().message.c_str());
    });
  }

  Orchestrator& orchestrator_;
  ports::JobRequest request_;
  const std::uint64_t before_ = orchestrator_.progress().runs();
  std::uint64_t submitted_ = 0;
  unsigned in_flight_;
};

struct Saturated {
  double steps_per_s = 0, runs_per_s = 0, cpu_s_per_1000_steps = 0;
};

Saturated saturate(Stage& stage, Orchestrator& orchestrator, const ports::JobRequest& request,
                   const BenchOptions& options) {
  Load load{orchestrator, request, options.in_flight};
  load.keep_up(warm_up);
  const auto begin = Steady::now();
  const auto cpu = stage.processor_seconds();
  const auto steps = orchestrator.progress().steps(), runs = orchestrator.progress().runs();
  load.keep_up(options.time);
  const auto took = ms_since(begin) / 1000;
  Saturated out;
  const auto done = static_cast<double>(orchestrator.progress().steps() - steps);
  out.steps_per_s = done / took;
  out.runs_per_s = static_cast<double>(orchestrator.progress().runs() - runs) / took;
  if (done > 0) out.cpu_s_per_1000_steps = (stage.processor_seconds() - cpu) / done * 1000;
  load.finish();
  return out;
}

/// From the submission to the last append, of one run after the other.
std::vector<double> alone(Orchestrator& orchestrator, const ports::JobRequest& request) {
  std::vector<double> milliseconds;
  for (unsigned i = 0; i < alone_runs; ++i) {
    const auto before = orchestrator.progress().runs();
    const auto begin = Steady::now();
    orchestrator.operations().submit(request, [](const Result<ports::Submitted>&) {});
    if (!orchestrator.progress().wait_for_runs(before + 1, Millis{10'000}))
      throw cli::Failure{cli::ExitCode::internal, "a run did not finish within ten seconds"};
    milliseconds.push_back(ms_since(begin));
  }
  return milliseconds;
}

void add_limits(Report& report, const RawPostgres& raw) {
  report.add("raw_rows_per_s", raw.rows_per_s,
             "rows a second that Postgres alone commits, in bulk");
  report.add("raw_commit_p50_ms", percentile(raw.commit_ms, 0.5),
             "one commit of Postgres alone, half of them within, ms", 3);
  report.add("raw_commit_p99_ms", percentile(raw.commit_ms, 0.99),
             "one commit of Postgres alone, 99 % of them within, ms", 3);
}

std::string agent_settings(const Stage& stage) {
  return R"({"node":{"name":"agent-1","orchestrator":false,"agent":true,"slots":1024},"nats":{"url":")" +
         stage.nats_url() + R"("},"log":{"level":"warn"},"data_dir":")" +
         stage.folder().at("agent-1") + R"("})";
}

} // namespace

Report bench_runs(const BenchOptions& options) {
  Report report{"runs",
                "Runs of " + std::to_string(options.steps) +
                    " sequential steps of a native agent without a tool, from the submission at "
                    "the intake to the last append in the journal, " +
                    std::to_string(options.in_flight) +
                    " runs at a time; Postgres with fsync; engine, Postgres and nats-server share "
                    "this machine. Remote: the agents run in a second node."};
  const auto request = measured_job();
  Stage stage{{.nats = true, .postgres = true}};
  const auto team = team_with(stage, sequence_of(options.steps));
  const auto raw = measure_raw_postgres(stage.postgres_url());
  {
    Orchestrator orchestrator{stage, {.agent = true, .team = team}};
    orchestrator.wait_for_nodes(1);
    const auto here = saturate(stage, orchestrator, request, options);
    report.add("durable_steps_per_s", here.steps_per_s, "durable steps a second on one node");
    report.add("runs_per_s", here.runs_per_s, "runs a second", 1);
    report.add("cpu_s_per_1000_steps", here.cpu_s_per_1000_steps,
               "processor seconds for 1,000 steps, of everything together", 3);
    report.add_latencies("alone", alone(orchestrator, request), "a run alone");
  }
  {
    stage.start_node("agent-1", agent_settings(stage));
    Orchestrator orchestrator{stage, {.agent = false, .team = team}};
    orchestrator.wait_for_nodes(2);
    const auto remote = saturate(stage, orchestrator, request, options);
    report.add("remote_steps_per_s", remote.steps_per_s,
               "durable steps a second, agents on a second node");
    report.add_latencies("remote_alone", alone(orchestrator, request),
                         "a run alone, agents on a second node");
  }
  report.add("peak_rss_mib", peak_resident_mib(::getpid()),
             "MiB of resident memory at most, of this process", 1);
  add_limits(report, raw);
  return report;
}

Report bench_jobs(const BenchOptions& options) {
  Report report{"jobs",
                "Jobs of a plan whose one step is skipped, from the submission at the intake to "
                "the last append in the journal, " +
                    std::to_string(options.in_flight) +
                    " at a time; Postgres with fsync, on this machine."};
  const auto request = measured_job();
  Stage stage{{.nats = true, .postgres = true}};
  const auto team =
      team_with(stage, "plan: nothing\nsteps: [{ id: s, agent: echo, when: \"${{ false }}\" }]\n");
  const auto raw = measure_raw_postgres(stage.postgres_url());
  Orchestrator orchestrator{stage, {.agent = true, .team = team}};
  orchestrator.wait_for_nodes(1);
  report.add("jobs_per_s", saturate(stage, orchestrator, request, options).runs_per_s,
             "jobs submitted and finished a second");
  report.add_latencies("alone", alone(orchestrator, request), "a job alone");
  add_limits(report, raw);
  return report;
}

} // namespace troupe::bench
