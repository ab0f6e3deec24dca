#include "runtime/supervision/group_machine.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace troupe::supervision {
namespace {

bool met(StepPhase phase) { return phase == StepPhase::completed || phase == StepPhase::skipped; }

std::string describe(const StepState& child) {
  std::string text = "step " + child.path + ' ' + std::string{to_string(child.phase)};
  if (child.error) text += ": " + child.error->message;
  return text;
}

Error failure_of(const StepState& child) {
  if (child.phase == StepPhase::cancelled)
    return make_error(ErrorClass::cancelled, describe(child));
  return make_error(child.error ? child.error->error_class : ErrorClass::task_failed,
                    describe(child));
}

/// Blocked by what did not make it outside of its group: no failure in here explains that.
bool blocked_from_outside(const RunState& run, const StepState& group, const StepState& child) {
  if (child.phase != StepPhase::blocked) return false;
  return std::any_of(child.needs.begin(), child.needs.end(), [&](StepIndex need) {
    return &run.steps[run.steps[need].parent] != &group && !met(run.steps[need].phase);
  });
}

std::string first_failure(const RunState& run, const StepState& group) {
  for (const auto child : group.children)
    if (run.steps[child].counts_as_failure()) {
      const StepState& failed = run.steps[child];
      return failed.node->id.empty() ? failed.path : failed.node->id;
    }
  return group.path;
}

/// An `always` step of a run that fails or is cancelled waits until what was done is taken back. A
/// group that fails by itself runs its own at once.
bool waits_for_closing(const RunState& run, const StepState& step) {
  const StepState& root = run.steps[root_index];
  if (run.cancel_reason || root.stop) return true;
  return step.parent == root_index && has_failed(root);
}

/// The body of a foreach or repeat whose `do` is one step hands on that step's own output.
bool is_single_body(const RunState& run, const StepState& group) {
  const auto& around = run.steps[group.parent].node->kind;
  const auto* foreach = std::get_if<plan::Foreach>(&around);
  const auto* repeat = std::get_if<plan::Repeat>(&around);
  return group.node->id.empty() && !group.path.empty() &&
         ((foreach != nullptr && foreach->single) || (repeat != nullptr && repeat->single));
}

bool will_start_more(const RunState& run, const StepState& group) {
  if (has_failed(group) || is_stopped(run, group)) return false;
  if (std::holds_alternative<plan::Foreach>(group.node->kind))
    return group.group.next < group.group.item_count();
  return std::holds_alternative<plan::Repeat>(group.node->kind); // settled by its `until` alone
}

} // namespace

ReadinessVerdict readiness(const RunState& run, const StepState& step, bool closing) {
  const bool always = step.node->always;
  if (is_stopped(run, step)) return {Readiness::cancelled, {}};
  bool waits = false;
  for (const auto index : step.needs) {
    const StepState& need = run.steps[index];
    waits |= !is_terminal(need.phase);
    if (!always && is_terminal(need.phase) && !met(need.phase))
      return {Readiness::blocked, need.node->id};
  }
  // Also of what waits for an `always` step, which itself may wait for everything else to end.
  const StepState& group = run.steps[step.parent];
  if (!always && has_failed(group)) return {Readiness::blocked, first_failure(run, group)};
  if (waits) return {};
  if (always && !closing && waits_for_closing(run, step)) return {};
  if (run.paused && !run.cancel_reason) return {};
  return {Readiness::ready, {}};
}

bool has_failed(const StepState& group) {
  const auto* foreach = std::get_if<plan::Foreach>(&group.node->kind);
  const auto children = foreach != nullptr ? group.group.item_count() : group.children.size();
  return group.group.failures > group.node->tolerate_failures.of(children);
}

GroupVerdict verdict(const RunState& run, const StepState& group) {
  GroupVerdict result;
  if (group.group.active > 0 || !group.group.restarts.empty()) return result;
  if (will_start_more(run, group)) return result;
  const bool failed = has_failed(group);
  for (const auto index : group.children) {
    const StepState& child = run.steps[index];
    if (!is_terminal(child.phase)) return {};
    const bool explains =
        failed ? child.counts_as_failure() : blocked_from_outside(run, group, child);
    if (explains && !result.failure) result.failure = failure_of(child);
  }
  if (is_stopped(run, group)) result.failure = make_error(ErrorClass::cancelled, "stopped");
  result.settled = true;
  return result;
}

bool is_stopped(const RunState& run, const StepState& step) {
  if (run.killed) return true;
  for (const StepState* at = &step;; at = &run.steps[at->parent]) {
    const bool own = at == &step && !at->node->is_group(); // stops nothing but itself
    if (at->stop && !own) return true;
    if (at->path.empty()) return run.cancel_reason.has_value();
    if (at->node->always) return false;
  }
}

bool is_always(const RunState& run, const StepState& step) {
  for (const StepState* at = &step;; at = &run.steps[at->parent]) {
    if (at->node->always) return true;
    if (at->path.empty()) return false;
  }
}

bool is_doomed(const RunState& run) {
  const StepState& root = run.steps[root_index];
  return run.cancel_reason || run.undo_failure || root.stop || has_failed(root);
}

bool is_live(const RunState& run, const StepState& step) {
  for (const StepState* at = &step;; at = &run.steps[at->parent]) {
    if (at->phase != StepPhase::ready) return false;
    if (at->path.empty()) return true;
  }
}

std::optional<Instant> deadline_of(const RunState& run, const StepState& step) {
  std::optional<Instant> earliest;
  const auto sooner = [&](Instant due) {
    if (!earliest || due < *earliest) earliest = due;
  };
  for (const StepState* at = &step;; at = &run.steps[at->parent]) {
    if (at->node->deadline && at->started_at) sooner(*at->started_at + *at->node->deadline);
    if (at->path.empty() && run.created.deadline) sooner(*run.created.deadline);
    if (at->path.empty() || at->node->always || at->undoes) return earliest;
  }
}

std::optional<Error> no_time_until(const RunState& run, const StepState& step, Instant until,
                                   std::string_view what, Instant now) {
  const auto deadline = deadline_of(run, step);
  if (!deadline || until < *deadline) return std::nullopt;
  return make_error(ErrorClass::budget_exceeded,
                    "not enough time: " + std::string{what} + " until " + to_iso8601(until) +
                        ", and the deadline is " + to_iso8601(*deadline) + ", " +
                        format_duration(std::max(*deadline - now, Millis{0})) + " from now");
}

std::optional<RetriesLeft> retries_left(const RunState& run, const StepState& step) {
  std::optional<RetriesLeft> fewest;
  const auto look = [&](const StepState& group, std::uint32_t budget) {
    const auto left = budget - std::min(budget, group.group.retries);
    if (!fewest || left < fewest->left) fewest = {left, budget, group.path};
  };
  for (const StepState* at = &step;; at = &run.steps[at->parent]) {
    if (at->node->retry_budget) look(*at, *at->node->retry_budget);
    if (at->path.empty() && run.created.retry_budget) look(*at, *run.created.retry_budget);
    if (at->path.empty() || at->node->always || at->undoes) return fewest;
  }
}

std::optional<std::string> retries_spent(const RunState& run, const StepState& step) {
  const auto budget = retries_left(run, step);
  if (!budget || budget->left > 0) return std::nullopt;
  return "the retry budget of " + (budget->group.empty() ? "the plan" : budget->group) + ", " +
         std::to_string(budget->of) + ", is spent";
}

JsonText gathered_output(const RunState& run, const StepState& group) {
  const auto output_of = [&](StepIndex child) {
    return run.steps[child].phase == StepPhase::completed ? run.steps[child].output.text : "null";
  };
  const auto& kind = group.node->kind;
  if (std::holds_alternative<plan::Repeat>(kind)) // the last round's
    return JsonText{output_of(group.children[group.group.next - 1])};
  if (const auto* choice = std::get_if<plan::Switch>(&kind)) {
    const auto chosen = std::find(choice->labels.begin(), choice->labels.end(), group.group.chosen);
    const auto at = static_cast<std::size_t>(chosen - choice->labels.begin());
    return JsonText{output_of(group.children[at])};
  }
  if (std::holds_alternative<plan::Foreach>(kind)) {
    std::string list = "[";
    for (std::size_t i = 0; i < group.group.item_count(); ++i)
      (list += i == 0 ? "" : ",") += output_of(group.children[i]);
    return JsonText{list + ']'};
  }
  if (is_single_body(run, group)) return JsonText{output_of(group.children.front())};
  std::string map = "{";
  for (const auto child : group.children)
    ((map += map.size() == 1 ? "" : ",") +=
     boost::json::serialize(boost::json::string{run.steps[child].node->id}) + ':') +=
        output_of(child);
  return JsonText{map + '}'};
}

} // namespace troupe::supervision
