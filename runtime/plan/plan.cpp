#include "runtime/plan/plan.hpp"

namespace troupe::plan {

std::string role_of(const Node& step) {
  if (const auto* agent = std::get_if<AgentStep>(&step.kind)) return agent->role;
  if (const auto* tool = std::get_if<ToolStep>(&step.kind))
    return "tool:" + tool->tool.substr(0, tool->tool.find('.'));
  return "";
}

} // namespace troupe::plan
