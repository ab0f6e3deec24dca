#include "runtime/supervision/run_state.hpp"

#include <algorithm>

namespace troupe::supervision {
namespace {

StepIndex add_node(RunState& run, const plan::Node& node, StepIndex parent, std::string path);

std::string child_path(const StepState& group, std::string_view segment) {
  return group.path.empty() ? std::string{segment} : group.path + '/' + std::string{segment};
}

void resolve_needs(RunState& run, StepIndex index) {
  StepState& step = run.steps[index];
  for (const auto& id : step.node->needs) {
    const auto need = run.resolve(step.parent, id);
    if (!need) continue;
    step.needs.push_back(*need);
    auto& dependants = run.steps[*need].dependants;
    if (run.steps[*need].parent != step.parent &&
        (dependants.empty() || dependants.back() != step.parent))
      dependants.push_back(step.parent);
  }
}

/// Bodies of foreach and repeat have no state before their instances start.
void add_children(RunState& run, StepIndex index) {
  const plan::Node& node = *run.steps[index].node;
  if (std::holds_alternative<plan::Foreach>(node.kind) ||
      std::holds_alternative<plan::Repeat>(node.kind))
    return;
  const auto* choice = std::get_if<plan::Switch>(&node.kind);
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const auto& segment = choice != nullptr ? choice->labels[i] : node.children[i].id;
    add_node(run, node.children[i], index, child_path(run.steps[index], segment));
  }
}

StepIndex add_node(RunState& run, const plan::Node& node, StepIndex parent, std::string path) {
  const StepIndex index = run.steps.size();
  StepState& step = run.steps.emplace_back();
  step.node = &node;
  step.path = std::move(path);
  step.parent = parent;
  step.tries.assign(node.retry.size(), 0);
  run.by_path.emplace(step.path, index);
  if (index != root_index) run.steps[parent].children.push_back(index);
  resolve_needs(run, index);
  add_children(run, index);
  return index;
}

} // namespace

bool is_terminal(StepPhase phase) { return phase >= StepPhase::completed; }

std::string_view to_string(StepPhase phase) {
  constexpr std::string_view names[] = {"pending",  "ready",      "running",   "waiting",
                                        "stopping", "restarting", "completed", "skipped",
                                        "failed",   "cancelled",  "blocked"};
  return names[static_cast<std::size_t>(phase)];
}

std::string_view to_string(Attempt::State state) {
  constexpr std::string_view names[] = {"running",  "completed", "failed",
                                        "returned", "lost",      "cancelled"};
  return names[static_cast<std::size_t>(state)];
}

bool GroupState::restarts_child(StepIndex child) const {
  return std::any_of(restarts.begin(), restarts.end(), [&](const Restart& restart) {
    return std::find(restart.victims.begin(), restart.victims.end(), child) !=
           restart.victims.end();
  });
}

Attempt* StepState::current() {
  return attempts.empty() || attempts.back().state != Attempt::State::running ? nullptr
                                                                              : &attempts.back();
}
const JsonText* StepState::item(std::size_t at) const {
  const auto* items = !group.list ? &group.items : read_items.get();
  return items != nullptr && at < items->size() ? &(*items)[at] : nullptr;
}
const Attempt* StepState::current() const { return const_cast<StepState*>(this)->current(); }

StepState* RunState::find(std::string_view path) {
  const auto found = by_path.find(path);
  return found == by_path.end() ? nullptr : &steps[found->second];
}
const StepState* RunState::find(std::string_view path) const {
  return const_cast<RunState*>(this)->find(path);
}
StepState* RunState::of_attempt(AttemptNumber attempt) {
  const auto found = by_attempt.find(attempt);
  return found == by_attempt.end() ? nullptr : &steps[found->second];
}

std::optional<StepIndex> RunState::resolve(StepIndex group, std::string_view id) const {
  for (StepIndex at = group;; at = steps[at].parent) {
    const auto& children = steps[at].children; // mostly it is the one just before: from the back
    for (auto child = children.rbegin(); child != children.rend(); ++child)
      if (steps[*child].node->id == id) return *child;
    if (at == root_index) return std::nullopt;
  }
}

RunState make_run_state(RunId id, std::shared_ptr<const config::UnpackedBundle> bundle) {
  RunState run;
  run.id = id;
  run.bundle = std::move(bundle);
  add_node(run, run.bundle->plan.root, root_index, "");
  return run;
}

std::string instance_path(const StepState& group, std::size_t at) {
  return group.path + '[' + std::to_string(at) + ']';
}

StepIndex instance_of(RunState& run, StepIndex group, std::size_t at) {
  std::string path = instance_path(run.steps[group], at);
  if (const auto known = run.by_path.find(path); known != run.by_path.end()) return known->second;
  const StepIndex made =
      add_node(run, run.steps[group].node->children.front(), group, std::move(path));
  run.steps[made].instance = at;
  return made;
}

StepIndex undo_of(RunState& run, StepIndex step) {
  if (run.steps[step].undo) return *run.steps[step].undo;
  const StepIndex made = run.steps.size();
  StepState& undo = run.steps.emplace_back();
  undo.node = run.steps[step].node->undo.get();
  undo.path = undo_path(run.steps[step]);
  undo.parent = run.steps[step].parent;
  undo.undoes = step;
  undo.tries.assign(undo.node->retry.size(), 0);
  run.by_path.emplace(undo.path, made);
  run.steps[step].undo = made;
  return made;
}

std::string undo_path(const StepState& step) { return step.path + std::string{plan::undo_suffix}; }

} // namespace troupe::supervision
