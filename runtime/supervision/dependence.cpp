#include "runtime/supervision/dependence.hpp"

#include <algorithm>

#include "runtime/plan/template.hpp"

namespace troupe::supervision {
namespace {

using Paths = std::vector<std::vector<std::string>>;

void add(Paths& paths, Paths more) {
  paths.insert(paths.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
}

Paths paths_of_kind(const plan::NodeKind& kind) {
  return std::visit(
      Overloaded{[](const plan::AgentStep& step) { return plan::paths_of(step.task); },
                 [](const plan::ToolStep& step) { return plan::paths_of(step.with); },
                 [](const plan::ApprovalStep& step) { return plan::paths_of(step.message); },
                 [](const plan::WaitStep& step) {
                   if (step.duration) return plan::paths_of(*step.duration);
                   return step.until ? plan::paths_of(*step.until) : Paths{};
                 },
                 [](const plan::PlanStep& step) { return plan::paths_of(step.with); },
                 [](const plan::Foreach& group) { return plan::paths_of(group.in); },
                 [](const plan::Repeat& group) { return plan::paths_of(group.until); },
                 [](const plan::Switch& group) { return plan::paths_of(group.on); },
                 [](const auto&) { return Paths{}; }},
      kind);
}

Paths paths_of_node(const plan::Node& node) {
  Paths paths = paths_of_kind(node.kind);
  if (node.when) add(paths, plan::paths_of(*node.when));
  if (node.output && !node.id.empty()) add(paths, plan::paths_of(*node.output));
  if (node.undo) add(paths, paths_of_node(*node.undo));
  return paths;
}

bool mentions(const Paths& paths, const std::set<std::string>& inputs) {
  return std::any_of(paths.begin(), paths.end(), [&](const auto& path) {
    if (path.empty() || path.front() != "inputs") return false;
    return path.size() == 1 || inputs.contains(path[1]);
  });
}

} // namespace

std::vector<bool> dependent_on(const RunState& run, const std::vector<StepIndex>& from) {
  std::vector<bool> dependent(run.steps.size());
  const auto mark = [&](StepIndex top) {
    bool changed = false;
    run.each_below(top, [&](StepIndex index) {
      changed |= !dependent[index];
      dependent[index] = true;
    });
    return changed;
  };
  for (const auto index : from) mark(index);
  // What a group gives depends on all that is in it.
  const auto touched = [&](StepIndex need) {
    bool found = false;
    run.each_below(need, [&](StepIndex index) { found |= dependent[index]; });
    return found;
  };
  for (bool changed = !from.empty(); changed;) {
    changed = false;
    for (StepIndex index = 0; index < run.steps.size(); ++index) {
      const auto& step = run.steps[index];
      if (dependent[index] || step.undoes) continue;
      if (std::any_of(step.needs.begin(), step.needs.end(), touched)) changed |= mark(index);
    }
  }
  return dependent;
}

std::vector<StepIndex> readers_of(const RunState& run, const std::set<std::string>& inputs) {
  std::vector<StepIndex> readers;
  if (inputs.empty()) return readers;
  for (StepIndex index = 0; index < run.steps.size(); ++index)
    if (!run.steps[index].undoes && mentions(paths_of_node(*run.steps[index].node), inputs))
      readers.push_back(index);
  return readers;
}

} // namespace troupe::supervision
