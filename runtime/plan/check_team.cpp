// What only a team can show: whether somebody has the role, whether there is such a tool.
#include <algorithm>

#include "runtime/plan/outline.hpp"
#include "runtime/plan/parse.hpp"
#include "runtime/plan/suggestion.hpp"

namespace troupe::plan {
namespace {

/// "probe.*" takes every tool of the toolkit `probe`.
bool takes(std::string_view pattern, std::string_view tool) {
  if (pattern.ends_with(".*")) return tool.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == tool;
}

} // namespace

std::vector<Fault> check_against(const Plan& plan, const Source& source,
                                 const Catalogue& catalogue) {
  std::vector<Fault> faults;
  const Outline outline{plan, source};
  for (const auto& entry : outline.entries) {
    if (const auto* agent = std::get_if<AgentStep>(&entry.node->kind)) {
      const auto& roles = catalogue.roles;
      if (std::find(roles.begin(), roles.end(), agent->role) == roles.end())
        faults.push_back(
            {entry.source->find("agent")->place, "the team has no role `" + agent->role + "`" +
                                                     did_you_mean_or_list(agent->role, roles)});
    } else if (const auto* tool = std::get_if<ToolStep>(&entry.node->kind)) {
      const auto& tools = catalogue.tools;
      if (std::none_of(tools.begin(), tools.end(),
                       [&](const std::string& known) { return takes(known, tool->tool); }))
        faults.push_back(
            {entry.source->find("tool")->place, "the team has no tool `" + tool->tool + "`" +
                                                    did_you_mean_or_list(tool->tool, tools)});
    }
  }
  return faults;
}

} // namespace troupe::plan
