#include "runtime/plan/plan.hpp"

#include "runtime/plan/language.hpp"

namespace troupe::plan {

std::string_view kind_name(const NodeKind& kind) {
  static_assert(kind_words.size() == std::variant_size_v<NodeKind>);
  return kind_words[kind.index()];
}

std::size_t Tolerance::of(std::size_t children) const {
  return static_cast<std::size_t>(percent ? amount * static_cast<double>(children) / 100 : amount);
}

std::string role_of(const Node& step) {
  if (const auto* agent = std::get_if<AgentStep>(&step.kind)) return agent->role;
  if (const auto* tool = std::get_if<ToolStep>(&step.kind))
    return "tool:" + tool->tool.substr(0, tool->tool.find('.'));
  return "";
}

} // namespace troupe::plan
