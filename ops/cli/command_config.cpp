// troupe config check
#include <CLI/CLI.hpp>
#include <cstdio>

#include "net/http/client.hpp"
#include "ops/cli/command.hpp"
#include "ops/cli/fault_report.hpp"
#include "ops/cli/files.hpp"
#include "runtime/config/settings.hpp"
#include "runtime/config/team.hpp"
#include "runtime/plan/source.hpp"
#include "toolkits/catalogue.hpp"

namespace troupe::cli {

namespace {

void check_team(FaultReport& report, const std::string& file) {
  config::TeamResult team = config::load_team(file);
  for (const auto& [where, fault] : team.faults) report.add(where, fault);
  if (!team.faults.empty()) return;
  report.add_good(file, "team " + team.team.name + ": " + std::to_string(team.team.roles.size()) +
                            " roles, " + std::to_string(team.team.plans.size()) + " plans");
}

void check_settings(FaultReport& report, const std::string& file) {
  config::SettingsResult result = config::load_settings(file);
  for (const plan::Fault& fault : result.faults) report.add(file, fault);
  if (!result.faults.empty()) return;
  for (const std::string& team : result.settings.team_files) check_team(report, team);
  toolkits::Environment environment{result.settings.data_dir, http::make_client(), nullptr};
  auto catalogue = toolkits::make_catalogue(result.settings.toolkits, environment);
  for (const std::string& fault : catalogue.faults)
    report.add(file, config::place_toolkit_fault(result, fault));
  for (const auto& [toolkit, reason] : catalogue.disabled)
    report.add_remark("toolkit " + toolkit + " is not served here: " + reason);
  if (catalogue.faults.empty())
    report.add_good(file, std::to_string(catalogue.toolkits.size()) + " toolkits");
}

/// A file with a `team` at its top is a team's, any other the settings of a node.
bool is_team_file(const std::string& file) {
  auto source = plan::read_source(file, read_input(file, "the configuration"));
  return source.faults.empty() && source.source.root.find("team") != nullptr;
}

ExitCode check_configuration(const CommandLine& line, const std::vector<std::string>& files) {
  FaultReport report;
  for (const std::string& file : files) {
    if (is_team_file(file))
      check_team(report, file);
    else
      check_settings(report, file);
  }
  std::printf("%s", (line.common.json ? report.json() : report.text()).c_str());
  return report.empty() ? ExitCode::ok : ExitCode::bad_configuration;
}

} // namespace

void add_config_commands(CLI::App& app, CommandLine& line) {
  auto files = std::make_shared<std::vector<std::string>>();
  auto* config = app.add_subcommand("config", "Works with configuration files, without a server");
  config->require_subcommand(1);
  auto* check = config->add_subcommand(
      "check", "Names every fault of settings, their teams, plans, runbooks and toolkits");
  check->add_option("FILE", *files, "settings of a node, or a team file")->required();
  add_json_option(*check, line);
  add_example(*check,
              "  troupe config check configs/node.yaml\n"
              "  troupe config check configs/teams/incident-response.yaml\n"
              "Exit code 0: a node would start with it; 78: faults, each on a line of its own.");
  check->callback([files, &line] { line.exit_code = check_configuration(line, *files); });
}

} // namespace troupe::cli
