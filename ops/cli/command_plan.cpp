// troupe plan check
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>

#include "ops/cli/command.hpp"
#include "ops/cli/fault_report.hpp"
#include "ops/cli/files.hpp"
#include "runtime/config/team.hpp"
#include "runtime/plan/parse.hpp"
#include "runtime/plan/source.hpp"
#include "toolkits/catalogue.hpp"

namespace troupe::cli {

namespace {

plan::Catalogue catalogue_of(const std::string& team_file) {
  config::TeamResult team = config::load_team(team_file);
  if (!team.faults.empty()) {
    FaultReport report;
    for (const auto& [file, fault] : team.faults) report.add(file, fault);
    throw Failure{ExitCode::bad_configuration, "the team has faults\n" + report.text()};
  }
  plan::Catalogue catalogue;
  for (const auto& [name, role] : team.team.roles) catalogue.roles.push_back(name);
  for (const std::string& toolkit : toolkits::known_toolkits())
    for (const toolkits::ToolSpec& tool : toolkits::known_tools(toolkit))
      catalogue.tools.push_back(tool.name);
  return catalogue;
}

ExitCode check_plans(const CommandLine& line, const std::vector<std::string>& files,
                     const std::string& team_file) {
  FaultReport report;
  for (const std::string& named : files) {
    std::string file = named == "-" ? "stdin" : named;
    auto source = plan::read_source(file, read_input(named, "the plan"));
    std::vector<plan::Fault> faults = source.faults;
    if (faults.empty()) {
      auto parsed = plan::parse_plan(source.source);
      faults = parsed.faults;
      if (faults.empty() && !team_file.empty())
        faults = plan::check_against(parsed.plan, source.source, catalogue_of(team_file));
    }
    for (const plan::Fault& fault : faults) report.add(file, fault);
    if (faults.empty()) report.add_good(file);
  }
  std::printf("%s", (line.common.json ? report.json() : report.text()).c_str());
  return report.empty() ? ExitCode::ok : ExitCode::bad_data;
}

} // namespace

void add_plan_commands(CLI::App& app, CommandLine& line) {
  struct Options {
    std::vector<std::string> files;
    std::string team;
  };
  auto options = std::make_shared<Options>();
  auto* plan = app.add_subcommand("plan", "Works with plan files, without a server");
  plan->require_subcommand(1);
  auto* check =
      plan->add_subcommand("check", "Names every fault of plans with file, line and column");
  check->add_option("FILE", options->files, "plan files (YAML or JSON), `-` for standard input")
      ->required();
  check->add_option("--team", options->team,
                    "a team file: also check that its roles and tools exist");
  add_json_option(*check, line);
  add_example(
      *check,
      "  troupe plan check plan.yaml\n"
      "  troupe plan check configs/plans/*.yaml --team configs/teams/incident-response.yaml\n"
      "Exit code 0: no fault; 65: faults, each on a line of its own.");
  check->callback(
      [options, &line] { line.exit_code = check_plans(line, options->files, options->team); });
}

} // namespace troupe::cli
