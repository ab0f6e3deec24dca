// troupe plan check, troupe plan preview
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>

#include "net/http/client.hpp"
#include "ops/cli/api_client.hpp"
#include "ops/cli/command.hpp"
#include "ops/cli/fault_report.hpp"
#include "ops/cli/plan_surroundings.hpp"
#include "ops/cli/view/plan_tree.hpp"

namespace troupe::cli {

namespace {

std::optional<config::Team> team_in(const std::string& file) {
  if (file.empty()) return std::nullopt;
  return load_checked_team(file);
}

ExitCode check_plans(const CommandLine& line, const std::vector<std::string>& files,
                     const std::string& team_file) {
  const auto team = team_in(team_file);
  const auto surroundings = surroundings_of(team);
  FaultReport report;
  for (const std::string& named : files) {
    const CheckedPlan checked = read_checked_plan(named, team);
    for (const plan::Fault& fault : checked.faults) report.add(checked.file, fault);
    if (!checked.faults.empty()) continue;
    report.add_good(checked.file);
    for (const auto& warning : plan::preview(checked.plan, surroundings).warnings)
      report.add_remark(checked.file + ": " + warning);
  }
  std::printf("%s", (line.common.json ? report.json() : report.text()).c_str());
  return report.empty() ? ExitCode::ok : ExitCode::bad_data;
}

/// Nothing where nobody answers: a preview needs no server.
std::optional<placement::ClusterView> ask_for_nodes(const CommandLine& line) {
  const ApiClient api{http::make_client(), discover_server(line.common.server)};
  constexpr const char* nodes = "/v1/nodes";
  if (api.status_of(nodes) != 200) return std::nullopt;
  return read_nodes(api.get(nodes));
}

struct PreviewOptions {
  std::string file, team, format = "tree";
};

ExitCode preview_plan(const CommandLine& line, const PreviewOptions& options) {
  const auto team = team_in(options.team);
  const CheckedPlan checked = read_checked_plan(options.file, team);
  if (!checked.faults.empty()) {
    FaultReport report;
    for (const plan::Fault& fault : checked.faults) report.add(checked.file, fault);
    std::printf("%s", (line.common.json ? report.json() : report.text()).c_str());
    return ExitCode::bad_data;
  }
  auto surroundings = surroundings_of(team);
  surroundings.cluster = ask_for_nodes(line);
  const auto preview = plan::preview(checked.plan, surroundings);
  const auto format = line.common.json ? "json" : options.format;
  const std::string text = format == "json" ? plan::to_json(preview).text + "\n"
                           : format == "mermaid"
                               ? plan::to_mermaid(preview)
                               : view::render_preview(preview, view::detect_style());
  std::fwrite(text.data(), 1, text.size(), stdout);
  return ExitCode::ok;
}

void add_check(CLI::App& plan, CommandLine& line) {
  struct Options {
    std::vector<std::string> files;
    std::string team;
  };
  auto options = std::make_shared<Options>();
  auto* check =
      plan.add_subcommand("check", "Names every fault of plans with file, line and column");
  check->add_option("FILE", options->files, "plan files (YAML or JSON), `-` for standard input")
      ->required();
  check->add_option("--team", options->team,
                    "a team file: also check that its roles, tools and plans exist");
  add_json_option(*check, line);
  add_example(
      *check,
      "  troupe plan check plan.yaml\n"
      "  troupe plan check configs/plans/service-*.yaml --team "
      "configs/teams/incident-response.yaml\n"
      "Exit code 0: no fault; 65: faults, each on a line of its own. A `note:` is no fault.");
  check->callback(
      [options, &line] { line.exit_code = check_plans(line, options->files, options->team); });
}

void add_preview(CLI::App& plan, CommandLine& line) {
  auto options = std::make_shared<PreviewOptions>();
  auto* preview = plan.add_subcommand(
      "preview", "Walks a plan without acting: order, placement, permissions, approvals, bounds");
  preview->add_option("PLAN", options->file, "a plan file (YAML or JSON), `-` for standard input")
      ->required();
  preview->add_option("--team", options->team,
                      "a team file: also show what its roles may do, and its child plans");
  preview->add_option("--format", options->format, "tree, mermaid or json")
      ->check(CLI::IsMember({"tree", "mermaid", "json"}));
  add_server_options(*preview, line);
  add_example(
      *preview,
      "  troupe plan preview configs/plans/rolling-restart.yaml --team "
      "configs/teams/examples/operations.yaml\n"
      "  troupe plan preview plan.yaml --format mermaid > plan.mmd\n"
      "The number before a step is its wave: what may run at once has the same. Where steps can\n"
      "run is told if a server answers. Exit code 0; 65: the plan has faults.");
  preview->callback([options, &line] { line.exit_code = preview_plan(line, *options); });
}

} // namespace

void add_plan_commands(CLI::App& app, CommandLine& line) {
  auto* plan = app.add_subcommand("plan", "Checks and previews plan files");
  plan->require_subcommand(1);
  add_check(*plan, line);
  add_preview(*plan, line);
}

} // namespace troupe::cli
