#include "ops/cli/plan_surroundings.hpp"

#include <boost/json.hpp>

#include "ops/cli/exit_codes.hpp"
#include "ops/cli/fault_report.hpp"
#include "ops/cli/files.hpp"
#include "ops/cli/view/json_reading.hpp"
#include "runtime/agent/allowed_tools.hpp"
#include "toolkits/catalogue.hpp"

namespace troupe::cli {

namespace json = boost::json;

namespace {

std::map<std::string, plan::ToolFacts> known_tools() {
  std::map<std::string, plan::ToolFacts> tools;
  for (const std::string& toolkit : toolkits::known_toolkits())
    for (const toolkits::ToolSpec& tool : toolkits::known_tools(toolkit))
      tools[tool.name] = {std::string{to_string(tool.risk)}, std::string{to_string(tool.effect)},
                          tool.timeout};
  return tools;
}

std::vector<std::string> texts(const json::value& of, const char* key) {
  std::vector<std::string> words;
  for (const json::value& word : view::list(of, key)) words.push_back(view::text(word));
  return words;
}

} // namespace

config::Team load_checked_team(const std::string& file) {
  config::TeamResult result = config::load_team(file);
  if (result.faults.empty()) return std::move(result.team);
  FaultReport report;
  for (const auto& [where, fault] : result.faults) report.add(where, fault);
  throw Failure{ExitCode::bad_configuration, "the team has faults\n" + report.text()};
}

CheckedPlan read_checked_plan(const std::string& named, const std::optional<config::Team>& team) {
  CheckedPlan checked;
  checked.file = named == "-" ? "stdin" : named;
  auto source = plan::read_source(checked.file, read_input(named, "the plan"));
  checked.faults = source.faults;
  if (!checked.faults.empty()) return checked;
  auto parsed = plan::parse_plan(source.source);
  checked.faults = std::move(parsed.faults);
  checked.plan = std::move(parsed.plan);
  checked.source = source.source.root.to_json();
  if (checked.faults.empty() && team)
    checked.faults = plan::check_against(checked.plan, source.source, catalogue_for(*team));
  return checked;
}

plan::Catalogue catalogue_for(const config::Team& team) {
  plan::Catalogue catalogue = config::catalogue_of(team);
  const auto tools = known_tools();
  std::vector<std::string> offered;
  for (const std::string& pattern : catalogue.tools) {
    const auto before = offered.size();
    for (const auto& [name, facts] : tools)
      if (agent::allows({pattern}, name)) offered.push_back(name);
    if (offered.size() == before) offered.push_back(pattern); // of somebody else's toolkit
  }
  catalogue.tools = std::move(offered);
  return catalogue;
}

plan::Surroundings surroundings_of(const std::optional<config::Team>& team) {
  plan::Surroundings surroundings;
  surroundings.tools = known_tools();
  if (!team) return surroundings;
  surroundings.roles.emplace();
  for (const auto& [name, role] : team->roles) {
    (*surroundings.roles)[name] = role.tools;
    surroundings.kinds[name] = role.kind;
  }
  for (const auto& [name, named] : team->plans) surroundings.plans[name] = &named.plan;
  return surroundings;
}

placement::ClusterView read_nodes(const json::value& answer) {
  placement::ClusterView cluster;
  for (const json::value& node : view::list(answer, "nodes")) {
    const std::string name = view::text(node, "name");
    auto& seen = cluster[name];
    seen.name = name;
    seen.last.modes = texts(node, "modes");
    seen.last.roles = texts(node, "roles");
    seen.last.labels = texts(node, "labels");
    seen.last.tools = texts(node, "tools");
    seen.last.kinds = texts(node, "kinds");
    seen.last.slots = static_cast<std::uint32_t>(view::number(node, "slots"));
    seen.last.draining = view::truth(node, "draining");
  }
  return cluster;
}

} // namespace troupe::cli
