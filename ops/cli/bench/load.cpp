#include "ops/cli/bench/load.hpp"

#include <cstdio>

#include "ops/cli/bench/measuring.hpp"
#include "ops/cli/files.hpp"

namespace troupe::bench {
namespace {

constexpr Millis look{1}, nothing_for{30'000};
constexpr unsigned alone_runs_least = 20, alone_runs_most = 300;

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

LocalNodeOptions completed(const Stage& stage, LocalNodeOptions options, const std::string& plan,
                           std::shared_ptr<ports::Metrics> metrics) {
  options.teams = {team_with(stage, plan)};
  options.metrics = std::move(metrics);
  if (options.postgres_url.empty()) options.postgres_url = stage.postgres_url();
  return options;
}

} // namespace

Orchestrator::Orchestrator(Stage& stage, LocalNodeOptions options, const std::string& plan)
    : node_{stage, completed(stage, std::move(options), plan, progress_)} {}

void Orchestrator::submit() {
  ports::JobRequest request;
  request.plan_name = "measured";
  request.source = "bench";
  node_.operations().submit(request, [](const Result<ports::Submitted>& submitted) {
    if (!submitted) std::fprintf(stderr, "troupe: %s\n", submitted.error().message.c_str());
  });
}

std::string sequence_of(unsigned steps) {
  std::string plan = "plan: sequence\nsteps:\n";
  for (unsigned i = 1; i <= steps; ++i)
    plan += "  - { id: s" + std::to_string(i) +
            ", agent: echo, task: { number: " + std::to_string(i) + " } }\n";
  return plan;
}

void Load::keep_up(Millis time) {
  const auto end = Steady::now() + time;
  while (Steady::now() < end) {
    const auto finished = orchestrator_.progress().runs() - before_;
    for (; submitted_ < finished + in_flight_; ++submitted_) orchestrator_.submit();
    orchestrator_.progress().wait_for_runs(before_ + finished + 1, look);
  }
}

void Load::finish() {
  if (!orchestrator_.progress().wait_for_runs(before_ + submitted_, Millis{60'000}))
    throw cli::Failure{cli::ExitCode::internal, "not every run has finished"};
}

Saturated saturate(const Stage& stage, Orchestrator& orchestrator, const BenchOptions& options) {
  Load load{orchestrator, options.in_flight};
  load.keep_up(options.warm_up());
  const auto begin = Steady::now();
  const auto cpu = stage.processor_seconds();
  const auto steps = orchestrator.progress().steps(), runs = orchestrator.progress().runs();
  do { // longer, rather than a figure of nothing
    load.keep_up(options.time);
  } while (orchestrator.progress().runs() == runs && Steady::now() < begin + nothing_for);
  const auto took = ms_since(begin) / 1000;
  Saturated out;
  const auto done = static_cast<double>(orchestrator.progress().steps() - steps);
  out.steps_per_s = done / took;
  out.runs_per_s = static_cast<double>(orchestrator.progress().runs() - runs) / took;
  if (done > 0) out.cpu_s_per_1000_steps = (stage.processor_seconds() - cpu) / done * 1000;
  load.finish();
  return out;
}

std::vector<double> alone(Orchestrator& orchestrator, const BenchOptions& options) {
  std::vector<double> milliseconds;
  const auto end = Steady::now() + options.time;
  while (milliseconds.size() < alone_runs_least ||
         (milliseconds.size() < alone_runs_most && Steady::now() < end)) {
    const auto before = orchestrator.progress().runs();
    const auto begin = Steady::now();
    orchestrator.submit();
    if (!orchestrator.progress().wait_for_runs(before + 1, Millis{10'000}))
      throw cli::Failure{cli::ExitCode::internal, "a run did not finish within ten seconds"};
    milliseconds.push_back(ms_since(begin));
  }
  return milliseconds;
}

} // namespace troupe::bench
