#include "runtime/plan/plan.hpp"

#include <iterator>

namespace troupe::plan {

std::string_view kind_name(const NodeKind& kind) {
  constexpr std::string_view names[] = {"agent",    "tool",     "approval", "wait",   "plan",
                                        "sequence", "parallel", "foreach",  "repeat", "switch"};
  static_assert(std::size(names) == std::variant_size_v<NodeKind>);
  return names[kind.index()];
}

std::size_t Tolerance::of(std::size_t children) const {
  return static_cast<std::size_t>(percent ? amount / 100 * static_cast<double>(children) : amount);
}

std::string role_of(const Node& step) {
  if (const auto* agent = std::get_if<AgentStep>(&step.kind)) return agent->role;
  if (const auto* tool = std::get_if<ToolStep>(&step.kind))
    return "tool:" + tool->tool.substr(0, tool->tool.find('.'));
  return "";
}

} // namespace troupe::plan
