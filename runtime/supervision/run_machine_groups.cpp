// RunMachine: what starts when, and what becomes of a group.
#include <algorithm>
#include <boost/json.hpp>

#include "runtime/json_value.hpp"
#include "runtime/limits.hpp"
#include "runtime/supervision/group_machine.hpp"
#include "runtime/supervision/recovery.hpp"
#include "runtime/supervision/run_machine.hpp"
#include "runtime/supervision/scope.hpp"
#include "runtime/supervision/turn.hpp"

namespace troupe::supervision {
namespace {

/// The words of a case: "a", "404", "true".
std::optional<std::string> label_of(const JsonText& value) {
  const auto parsed = read_json(value.text);
  if (parsed && parsed->is_string()) return std::string{parsed->get_string()};
  if (parsed && (parsed->is_number() || parsed->is_bool())) return value.text;
  return std::nullopt;
}

} // namespace

/// Starts what has become ready, blocks what cannot, settles groups; until nothing changes any
/// more.
void RunMachine::advance(Turn& turn) {
  if (run_.finished) return;
  StepState& root = run_.steps[root_index];
  if (root.phase == StepPhase::pending) start(turn, root);
  do {
    while (!turn.dirty.empty()) {
      const StepIndex group = *turn.dirty.rbegin(); // the innermost first
      turn.dirty.erase(group);
      advance_group(turn, group);
    }
  } while (close(turn));
  if (is_terminal(root.phase) && grants_are_settled(turn)) finish(turn);
}

void RunMachine::advance_group(Turn& turn, StepIndex index) {
  StepState& group = run_.steps[index];
  if (!is_live(run_, group)) return;
  advance_restarts(turn, index);
  const bool foreach = std::holds_alternative<plan::Foreach>(group.node->kind);
  if (foreach && !group.group.expanded && !is_stopped(run_, group)) return open_items(turn, group);
  if (foreach) start_items(turn, index);
  if (std::holds_alternative<plan::Repeat>(group.node->kind)) start_round(turn, index);
  if (is_terminal(group.phase)) return; // an `until` that holds, or cannot be evaluated
  const bool dynamic = foreach || std::holds_alternative<plan::Repeat>(group.node->kind);
  if (!dynamic || has_failed(group) || is_stopped(run_, group)) start_children(turn, index);
  if (index == root_index && is_doomed(run_) && !closing_) return; // `close` decides
  const auto result = verdict(run_, group);
  if (!result.settled) return;
  if (!result.failure && !undo_tolerated(turn, group)) return;
  settle_group(turn, group, result.failure);
}

void RunMachine::start_children(Turn& turn, StepIndex index) {
  for (std::size_t i = 0; i < run_.steps[index].children.size(); ++i) {
    StepState& child = run_.steps[run_.steps[index].children[i]];
    if (child.phase != StepPhase::pending) continue;
    const auto verdict = readiness(run_, child, closing_);
    switch (verdict.readiness) {
      case Readiness::not_yet: break;
      case Readiness::ready: start(turn, child); break;
      case Readiness::blocked: turn.emit(StepBlocked{child.path, verdict.need}); break;
      case Readiness::cancelled: turn.emit(StepCancelled{child.path}); break;
    }
  }
}

/// As many as may run at once. Each item is an instance of the body.
void RunMachine::start_items(Turn& turn, StepIndex index) {
  StepState& group = run_.steps[index];
  const auto most = std::get<plan::Foreach>(group.node->kind).concurrency;
  while (group.group.next < group.group.item_count() && group.group.active < most) {
    if (has_failed(group) || is_stopped(run_, group)) return;
    if (run_.paused && !run_.cancel_reason) return;
    const std::size_t item = group.group.next;
    if (item < group.children.size() &&
        run_.steps[group.children[item]].phase != StepPhase::pending) {
      ++group.group.next; // of an earlier iteration's restart: it stands
      continue;
    }
    start(turn, run_.steps[instance_of(run_, index, item)]);
  }
}

/// The first round, or the next one if `until` does not hold after the last.
void RunMachine::start_round(Turn& turn, StepIndex index) {
  StepState& group = run_.steps[index];
  const auto& repeat = std::get<plan::Repeat>(group.node->kind);
  if (has_failed(group) || is_stopped(run_, group)) return;
  if (group.group.active > 0 || !group.group.restarts.empty()) return;
  if (run_.paused && !run_.cancel_reason) return;
  const std::size_t rounds = group.group.next;
  if (rounds > 0) {
    const StepIndex last = group.children[rounds - 1];
    if (run_.steps[last].phase == StepPhase::pending) return start(turn, run_.steps[last]);
    if (run_.steps[last].phase == StepPhase::completed) {
      const auto holds = plan::evaluate_condition(
          repeat.until, make_scope(run_, last, plan::paths_of(repeat.until)));
      if (!holds) return fail_step(turn, group, holds.error());
      if (*holds) return settle_group(turn, group, std::nullopt);
    }
    if (rounds >= repeat.max)
      return fail_step(
          turn, group,
          make_error(ErrorClass::task_failed,
                     "not met after " + std::to_string(rounds) + " rounds: " + repeat.until.text));
  }
  start(turn, run_.steps[instance_of(run_, index, rounds)]);
}

void RunMachine::start(Turn& turn, StepState& step) {
  if (step.node->when) {
    const auto& when = *step.node->when;
    const auto holds = plan::evaluate_condition(when, scope_of(run_, step, plan::paths_of(when)));
    if (!holds) return fail_step(turn, step, holds.error());
    if (!*holds) return turn.emit(StepSkipped{step.path});
  }
  turn.emit(StepReady{step.path});
  turn.perform(StartActor{step.path, step.node->is_group(), step.undoes.has_value()});
  if (step.node->deadline) turn.arm(step, TimerKind::deadline, turn.now + *step.node->deadline);
  std::visit(Overloaded{[&](const plan::AgentStep&) { want_node(turn, step); },
                        [&](const plan::ToolStep&) { want_node(turn, step); },
                        [&](const plan::ApprovalStep&) { start_approval(turn, step); },
                        [&](const plan::WaitStep&) { start_wait(turn, step); },
                        [&](const plan::PlanStep&) { start_child(turn, step); },
                        [&](const auto&) { open_group(turn, step); }},
             step.node->kind);
}

/// What a group goes over, or which case it takes.
void RunMachine::open_group(Turn& turn, StepState& group) {
  const auto fill = [&](const plan::Template& value) {
    return plan::evaluate(value, scope_of(run_, group, plan::paths_of(value)));
  };
  if (std::holds_alternative<plan::Foreach>(group.node->kind)) return open_items(turn, group);
  const auto* choice = std::get_if<plan::Switch>(&group.node->kind);
  if (choice == nullptr) return;
  const auto value = fill(choice->on);
  if (!value) return fail_step(turn, group, value.error());
  const auto label = label_of(*value);
  const auto& labels = choice->labels;
  auto chosen = label ? std::find(labels.begin(), labels.end(), *label) : labels.end();
  if (chosen == labels.end()) chosen = std::find(labels.begin(), labels.end(), plan::default_label);
  if (chosen == labels.end())
    return fail_step(
        turn, group,
        make_error(ErrorClass::invalid_input, "no case for " + value->text + ", and no `default`"));
  turn.emit(CaseChosen{group.path, *chosen});
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] != *chosen) turn.emit(StepSkipped{run_.steps[group.children[i]].path});
}

void RunMachine::settle_group(Turn& turn, StepState& group, const std::optional<Error>& failure) {
  if (group.stop) return fail_step(turn, group, *group.stop);
  if (failure && failure->error_class == ErrorClass::cancelled) {
    turn.perform(StopActor{group.path});
    return turn.emit(StepCancelled{group.path});
  }
  if (failure) return fail_step(turn, group, *failure);
  if (is_on_its_way(group)) return;
  const auto& own = group.path.empty() ? run_.bundle->plan.output : group.node->output;
  auto output =
      own ? plan::evaluate(*own, make_scope(run_, run_.index_of(group), plan::paths_of(*own)))
          : Result<JsonText>{gathered_output(run_, group)};
  if (!output) return fail_step(turn, group, output.error());
  if (std::holds_alternative<plan::Foreach>(group.node->kind) &&
      output->text.size() > inline_bytes_max_)
    return keep_collected(turn, group, std::move(*output));
  if (output->text.size() > limits::group_output_bytes_max)
    return fail_step(
        turn, group,
        make_error(ErrorClass::invalid_output,
                   "its output has " + std::to_string(output->text.size()) + " bytes; at most " +
                       std::to_string(limits::group_output_bytes_max) +
                       " fit: give the group a smaller `output`"));
  turn.perform(StopActor{group.path});
  turn.emit(StepCompleted{group.path, 0, std::move(*output)});
}

void RunMachine::finish(Turn& turn) {
  const StepState& root = run_.steps[root_index];
  RunFinished end;
  end.output = root.output;
  if (run_.undo_failure) {
    end.state = ports::RunState::needs_person;
    end.reason = "undo failed: " + run_.undo_failure->message;
  } else if (root.phase == StepPhase::completed) {
    end.state = ports::RunState::completed;
  } else if (run_.cancel_reason) {
    end.state = ports::RunState::cancelled;
    end.reason = *run_.cancel_reason;
  } else {
    end.state = ports::RunState::failed;
    if (root.error) end.reason = root.error->message;
  }
  turn.emit(end);
  turn.decision.end = ports::RunEnd{end.state, end.reason};
  if (run_.created.parent)
    turn.perform(TellParent{*run_.created.parent, end.state, end.reason, end.output,
                            run_.steps[root_index].group.retries});
  turn.perform(EndRun{});
}

} // namespace troupe::supervision
