#include "runtime/plan/uses.hpp"

namespace troupe::plan {
namespace {

void collect(const Node& node, Uses& uses) {
  if (const auto* agent = std::get_if<AgentStep>(&node.kind)) uses.roles.insert(agent->role);
  if (const auto* tool = std::get_if<ToolStep>(&node.kind)) uses.tools.insert(tool->tool);
  if (const auto* child = std::get_if<PlanStep>(&node.kind)) uses.plans.insert(child->plan);
  if (!node.fallback.empty()) uses.roles.insert(node.fallback);
  if (node.undo) collect(*node.undo, uses);
  for (const auto& child : node.children) collect(child, uses);
}

} // namespace

Uses uses_of(const Plan& plan) {
  Uses uses;
  collect(plan.root, uses);
  return uses;
}

} // namespace troupe::plan
