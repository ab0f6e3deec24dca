// troupe simulate
#include <CLI/CLI.hpp>
#include <atomic>
#include <boost/json.hpp>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "ops/cli/command.hpp"
#include "ops/cli/fault_report.hpp"
#include "ops/cli/job_inputs.hpp"
#include "ops/cli/plan_surroundings.hpp"
#include "ops/cli/view/terminal.hpp"
#include "runtime/plan/uses.hpp"
#include "runtime/simulation/plan_scenario.hpp"
#include "runtime/simulation/simulation.hpp"

namespace troupe::cli {

namespace json = boost::json;

namespace {

struct SimulateOptions {
  std::string plan, team, inputs_file;
  std::vector<std::string> inputs, answers;
  std::string broken_rule;
  std::uint64_t seeds = 1'000, first_seed = 1;
  bool trace = false;
};

/// A role that no team defines: it may call what any agent may.
message::RoleDefinition any_role(const std::string& name) {
  message::RoleDefinition role;
  role.role = name;
  role.kind = "native";
  role.tools = {"*"};
  return role;
}

config::UnpackedBundle bundle_of(const SimulateOptions& options) {
  std::optional<config::Team> team;
  if (!options.team.empty()) team = load_checked_team(options.team);
  auto checked = read_checked_plan(options.plan, team);
  FaultReport report;
  for (const auto& fault : checked.faults) report.add(checked.file, fault);
  if (!report.empty()) throw Failure{ExitCode::bad_data, "the plan has faults\n" + report.text()};
  const auto uses = plan::uses_of(checked.plan);
  if (team) {
    const auto body = config::make_bundle(*team, {checked.plan, checked.source}).body;
    auto bundle = config::unpack_bundle(body);
    if (!bundle) throw Failure{ExitCode::internal, bundle.error().message};
    return *std::move(bundle);
  }
  if (!uses.plans.empty())
    throw Failure{ExitCode::usage, checked.file + ": it starts the child run `" +
                                       *uses.plans.begin() +
                                       "`; name the team that has that plan with --team"};
  config::UnpackedBundle bundle;
  for (const auto& name : uses.roles) bundle.roles[name] = any_role(name);
  bundle.plan = std::move(checked.plan);
  return bundle;
}

simulation::PlanUnderTest read_test(const SimulateOptions& options) {
  simulation::PlanUnderTest test;
  test.bundle = std::make_shared<const config::UnpackedBundle>(bundle_of(options));
  test.inputs = JsonText{
      json::serialize(read_inputs(options.inputs_file, options.inputs, test.bundle->plan))};
  for (const auto& assignment : options.answers) {
    const auto equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0)
      throw Failure{ExitCode::usage, "--answer " + assignment +
                                         ": expected STEP=JSON, for example probe='{\"up\":true}'"};
    const std::string step = assignment.substr(0, equals);
    test.answers[step] = JsonText{
        json::serialize(parse_json_input(assignment.substr(equals + 1), "--answer " + step))};
  }
  for (const auto& [name, facts] : surroundings_of(std::nullopt).tools)
    test.tools[name] = {facts.effect, true};
  return test;
}

/// What came of all seeds so far. Thread-safe.
class Tally {
 public:
  explicit Tally(std::uint64_t seeds) : seeds_{seeds} {}

  void add(std::uint64_t seed, const simulation::Outcome& outcome) {
    const std::lock_guard lock{mutex_};
    ++done_;
    effects_ += outcome.effects;
    virtual_time_ += outcome.at;
    for (const auto& end : outcome.ends) {
      ++ends_[end.state];
      if (end.state == ports::RunState::failed && reason_.empty()) reason_ = end.reason;
    }
    if (outcome.failed) {
      ++failed_;
      first_failed_ = std::min(first_failed_.value_or(seed), seed);
    }
    if (done_ == seeds_) complete_.notify_all();
  }
  std::string progress() const {
    const std::lock_guard lock{mutex_};
    return std::to_string(done_) + " of " + std::to_string(seeds_) + " seeds, " +
           std::to_string(failed_) + " failed";
  }
  /// Whether all are done, once that is so or the time is over.
  bool is_complete_within(Millis time) const {
    std::unique_lock lock{mutex_};
    return complete_.wait_for(lock, time, [this] { return done_ == seeds_; });
  }
  // Of a tally that nobody adds to any more.
  std::optional<std::uint64_t> first_failed() const { return first_failed_; }
  std::uint64_t failed() const { return failed_; }
  std::string words() const {
    std::string text = std::to_string(effects_) + " effects on the world in " +
                       format_duration(virtual_time_) + " of virtual time; runs:";
    for (const auto& [state, count] : ends_)
      text += ' ' + std::to_string(count) + ' ' + std::string{ports::to_string(state)} + ',';
    text.back() = '.';
    if (ends_.empty()) text.replace(text.size() - 1, 1, " none ended.");
    if (!reason_.empty() && !ends_.contains(ports::RunState::completed))
      text += "\nnote: no run completed; one failed with: " + view::printable(reason_) +
              "\n  what steps return and inputs are is made up: say better with --answer and "
              "--input";
    return text;
  }

 private:
  const std::uint64_t seeds_;
  mutable std::mutex mutex_;
  mutable std::condition_variable complete_;
  std::uint64_t done_ = 0, failed_ = 0, effects_ = 0;
  Millis virtual_time_{0};
  std::map<ports::RunState, std::uint64_t> ends_;
  std::string reason_; // why a run failed
  std::optional<std::uint64_t> first_failed_;
};

simulation::Scenario scenario_of(const simulation::PlanUnderTest& test,
                                 const SimulateOptions& options, std::uint64_t seed) {
  auto scenario = simulation::make_scenario(test, seed);
  for (const auto& rule : named_rules)
    if (rule.name == options.broken_rule) scenario.rules.*rule.kept = false;
  return scenario;
}

void try_seeds(const simulation::PlanUnderTest& test, const SimulateOptions& options,
               Tally& tally) {
  std::atomic<std::uint64_t> next{0};
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
    threads.emplace_back([&] {
      for (std::uint64_t at; (at = next++) < options.seeds;) {
        const auto seed = options.first_seed + at;
        tally.add(seed, simulation::simulate(scenario_of(test, options, seed), seed));
      }
    });
  const auto style = view::detect_style();
  if (!style.live) return;
  view::LiveBlock block;
  do block.draw(tally.progress() + '\n');
  while (!tally.is_complete_within(Millis{200}));
  block.clear();
}

void tell_failure(const simulation::PlanUnderTest& test, const SimulateOptions& options,
                  std::uint64_t seed) {
  const auto outcome = simulation::simulate(scenario_of(test, options, seed), seed, true);
  const auto style = view::detect_style();
  std::printf(
      "%s seed %llu: %s: %s\n", view::paint("violated", view::Tint::red, style.colour).c_str(),
      static_cast<unsigned long long>(seed), outcome.property.c_str(), outcome.detail.c_str());
  if (options.trace)
    for (const auto& line : outcome.trace) std::printf("%s\n", view::printable(line).c_str());
  else
    std::printf("replay: the same command with --first-seed %llu --seeds 1 --trace\n",
                static_cast<unsigned long long>(seed));
}

ExitCode simulate_plan(const CommandLine& line, const SimulateOptions& options) {
  const auto test = read_test(options);
  Tally tally{options.seeds};
  try_seeds(test, options, tally);
  const auto first_failed = tally.first_failed();
  if (line.common.json) {
    const json::object result{
        {"seeds", options.seeds},
        {"failed", tally.failed()},
        {"first_failed", first_failed ? json::value(*first_failed) : json::value(nullptr)}};
    std::printf("%s\n", json::serialize(result).c_str());
    return first_failed ? ExitCode::failed : ExitCode::ok;
  }
  if (first_failed) {
    tell_failure(test, options, *first_failed);
  } else {
    const auto style = view::detect_style();
    std::printf(
        "%s under %llu seeds: crashes, lost and late messages, paused nodes, clock jumps, a "
        "failing store\n",
        view::paint("every promise was kept", view::Tint::green, style.colour).c_str(),
        static_cast<unsigned long long>(options.seeds));
  }
  std::printf("%s\n", tally.words().c_str());
  return first_failed ? ExitCode::failed : ExitCode::ok;
}

} // namespace

void add_simulate_command(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<SimulateOptions>();
  auto* simulate = app.add_subcommand(
      "simulate", "Runs a plan through simulated failures, thousands of times, acting on nothing");
  simulate->add_option("PLAN", options->plan, "a plan file (YAML or JSON), `-` for standard input")
      ->required();
  simulate->add_option("--seeds", options->seeds, "how many failures of a kind of their own")
      ->capture_default_str()
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{100'000'000}));
  simulate->add_option("--first-seed", options->first_seed, "the first one; a seed repeats exactly")
      ->capture_default_str();
  simulate->add_option("--team", options->team, "a team file: what the roles may call");
  simulate->add_option("-i,--input", options->inputs,
                       "name=value; a required input that is missing is made up");
  simulate->add_option("--inputs", options->inputs_file, "a JSON file with inputs, or `-`");
  simulate->add_option("--answer", options->answers,
                       "STEP=JSON: what that step returns; the others are made up from what is "
                       "read of them");
  std::vector<std::string> rules;
  for (const auto& rule : named_rules) rules.emplace_back(rule.name);
  simulate
      ->add_option("--break", options->broken_rule,
                   "breaks one rule of the engine, to see that it would be noticed")
      ->check(CLI::IsMember(rules))
      ->type_name("RULE")
      ->option_text("RULE");
  simulate->add_flag("--trace", options->trace,
                     "tells what happened in the first seed that failed");
  add_json_option(*simulate, line);
  add_example(
      *simulate,
      "  troupe simulate configs/plans/service-down.yaml --seeds 2000\n"
      "  troupe simulate plan.yaml --answer probe='{\"up\":true}' --json\n"
      "The engine that runs plans runs this one in one process, under virtual time, with\n"
      "agents and tools that are made up; nothing is called. What is checked stands in\n"
      "runtime/simulation/README.md. Exit code 0: every promise was kept; 1: not under some\n"
      "seed; 65: the plan has faults. RULE is one of those in\n"
      "runtime/rules.hpp. With --json the last line is\n"
      "{\"seeds\":n,\"failed\":m,\"first_failed\":k|null}.");
  simulate->callback([options, &line] { line.exit_code = simulate_plan(line, *options); });
}

} // namespace troupe::cli
