#include "runtime/supervision/run_machine.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "runtime/limits.hpp"
#include "runtime/supervision/group_machine.hpp"
#include "runtime/supervision/scope.hpp"
#include "runtime/supervision/step_machine.hpp"
#include "runtime/supervision/turn.hpp"

namespace troupe::supervision {
namespace {

bool runs_whatever_happens(const RunState& run, const StepState& step) {
  for (const StepState* at = &step;; at = &run.steps[at->parent]) {
    if (at->node->always) return true;
    if (at->path.empty()) return false;
  }
}

/// What a direct tool call is to an agent node: the native agent that makes one call.
message::RoleDefinition caller_role(const std::string& role, const std::string& tool) {
  message::RoleDefinition definition;
  definition.role = role;
  definition.kind = "native";
  definition.native = "caller";
  definition.tools = {tool};
  return definition;
}

message::RoleDefinition definition_for(const RunState& run, const StepState& step) {
  const std::string role = plan::role_of(*step.node);
  if (const auto* tool = std::get_if<plan::ToolStep>(&step.node->kind))
    return caller_role(role, tool->tool);
  const auto found = run.bundle->roles.find(role);
  return found == run.bundle->roles.end() ? message::RoleDefinition{} : found->second;
}

/// The `task` of a step with its templates filled in.
Result<JsonText> task_for(const RunState& run, const StepState& step) {
  const auto fill = [&](const plan::Template& value) {
    return plan::evaluate(value, make_scope(run, plan::paths_of(value)));
  };
  const auto* tool = std::get_if<plan::ToolStep>(&step.node->kind);
  if (tool == nullptr) return fill(std::get<plan::AgentStep>(step.node->kind).task);
  auto with = fill(tool->with);
  if (!with) return with.error();
  boost::json::object task;
  task["tool"] = tool->tool;
  task["with"] = boost::json::parse(with->text);
  return JsonText{boost::json::serialize(task)};
}

JsonText outputs_by_id(const RunState& run, const StepState& group) {
  std::string text;
  for (const auto index : group.children) {
    const StepState& child = run.steps[index];
    text += text.empty() ? '{' : ',';
    text += boost::json::serialize(boost::json::string{child.node->id}) + ':';
    text += child.phase == StepPhase::completed ? child.output.text : "null";
  }
  return JsonText{text.empty() ? "{}" : text + '}'};
}

} // namespace

Decision RunMachine::decide(const std::vector<Stimulus>& stimuli, Instant now) {
  Decision decision;
  Turn turn{run_, decision, now, {}};
  for (const auto& stimulus : stimuli)
    std::visit([&](const auto& what) { on(turn, what); }, stimulus);
  advance(turn);
  collect_wanted(turn);
  return decision;
}

void RunMachine::place(const std::vector<placement::Placement>& placements, Instant now,
                       Decision& decision) {
  Turn turn{run_, decision, now, {}};
  for (const auto& placement : placements) {
    StepState* step = run_.find(placement.step);
    const bool waits = step != nullptr && !run_.finished &&
                       (step->phase == StepPhase::ready || step->phase == StepPhase::waiting);
    if (!waits || step->node->is_group()) {
      turn.perform(ReleaseCredit{placement.incarnation});
      continue;
    }
    auto task = task_for(run_, *step);
    if (!task) {
      turn.perform(ReleaseCredit{placement.incarnation});
      fail_step(turn, *step, task.error());
      continue;
    }
    const bool resumed = next_attempt_resumes(*step);
    const AttemptNumber attempt = run_.attempts_made + 1;
    const auto timeout =
        static_cast<std::uint32_t>(step->node->timeout.value_or(Millis{0}).count());
    turn.emit(AttemptAssigned{step->path, step->iteration, attempt, placement.node,
                              placement.incarnation, *task, timeout, resumed});
    turn.perform(SendAssignment{
        step->path,
        attempt,
        placement.node,
        placement.incarnation,
        step->node->priority,
        step->iteration,
        {definition_for(run_, *step), *task, make_context(run_, *step),
         step->ledger.replay(step->iteration, resumed), step->progress, timeout, resumed}});
    if (timeout > 0)
      turn.perform(
          ArmTimer{step->path, TimerKind::attempt_timeout, attempt, now + Millis{timeout}});
  }
  advance(turn);
  collect_wanted(turn);
}

void RunMachine::on(Turn& turn, const Adopt& stimulus) {
  if (run_.finished) return;
  if (run_.owner != stimulus.incarnation)
    turn.emit(RunAdopted{run_.epoch + 1, stimulus.node, stimulus.incarnation});
  for (StepIndex index = 0; index < run_.steps.size(); ++index) resume_actor(turn, index);
}

std::vector<Effect> RunMachine::refold(std::string_view path, Instant now) {
  Decision decision;
  Turn turn{run_, decision, now, {}};
  const std::string below = path.empty() ? "" : std::string{path} + '/';
  for (StepIndex index = 0; index < run_.steps.size(); ++index)
    if (run_.steps[index].path == path || run_.steps[index].path.starts_with(below))
      resume_actor(turn, index);
  return std::move(decision.effects);
}

/// The actor of what is under way, its timers, and the question what became of its attempt, before
/// anything is dispatched again.
void RunMachine::resume_actor(Turn& turn, StepIndex index) {
  const StepState& step = run_.steps[index];
  if (step.phase == StepPhase::pending || is_terminal(step.phase)) return;
  turn.perform(StartActor{step.path, step.node->is_group()});
  if (step.node->is_group()) return;
  if (const Attempt* attempt = step.current()) {
    turn.perform(AskStatus{step.path, attempt->number, attempt->node, attempt->incarnation});
    if (attempt->timeout_ms > 0)
      turn.perform(ArmTimer{step.path, TimerKind::attempt_timeout, attempt->number,
                            attempt->assigned_at + Millis{attempt->timeout_ms}});
  } else if (step.phase == StepPhase::waiting && step.retry_at && *step.retry_at > turn.now) {
    turn.perform(
        ArmTimer{step.path, TimerKind::retry_due, step.attempts.back().number, *step.retry_at});
  } else {
    turn.ready.push_back(index);
  }
}

void RunMachine::on(Turn& turn, const AssignmentUnanswered& stimulus) {
  StepState* step = run_.of_attempt(stimulus.attempt);
  const Attempt* attempt = step != nullptr ? step->current() : nullptr;
  if (attempt == nullptr || attempt->number != stimulus.attempt) return;
  if (stimulus.delivered)
    turn.perform(CancelAttempt{step->path, attempt->number, attempt->node, attempt->incarnation,
                               "the assignment was not answered in time"});
  return_attempt(turn, *step, *attempt, stimulus.reason);
}

void RunMachine::on(Turn& turn, const AttemptNotThere& stimulus) {
  StepState* step = run_.of_attempt(stimulus.attempt);
  Attempt* attempt = step != nullptr ? step->current() : nullptr;
  if (attempt != nullptr && attempt->number == stimulus.attempt)
    lose_attempt(turn, *step, *attempt);
}

void RunMachine::on(Turn& turn, const TimerDue& stimulus) {
  StepState* step = run_.find(stimulus.step);
  if (step == nullptr || is_terminal(step->phase)) return;
  const Attempt* attempt = step->current();
  switch (stimulus.kind) {
    case TimerKind::attempt_timeout: {
      if (attempt == nullptr || attempt->number != stimulus.attempt) return;
      turn.perform(CancelAttempt{step->path, attempt->number, attempt->node, attempt->incarnation,
                                 "timeout"});
      fail_try(turn, *step, attempt->number,
               make_error(ErrorClass::timeout, "attempt " + std::to_string(attempt->number) +
                                                   " gave no answer within " +
                                                   format_duration(Millis{attempt->timeout_ms})),
               {});
      return;
    }
    case TimerKind::retry_due:
      if (attempt == nullptr && step->phase == StepPhase::waiting)
        turn.ready.push_back(run_.by_path.find(step->path)->second);
      return;
  }
}

void RunMachine::on(Turn& turn, const NodeGone& stimulus) {
  gone_.insert(stimulus.incarnation);
  for (auto& step : run_.steps) {
    Attempt* attempt = step.current();
    if (attempt != nullptr && attempt->incarnation == stimulus.incarnation)
      lose_attempt(turn, step, *attempt);
  }
}

void RunMachine::on(Turn& turn, const InboxRead& stimulus) {
  for (const auto& row : stimulus.rows) {
    turn.decision.inbox_applied.push_back(row.id);
    boost::system::error_code error;
    const auto body = boost::json::parse(row.body.text, error);
    const auto* object = error ? nullptr : body.if_object();
    const auto text = [&](std::string_view key) {
      const auto* value = object != nullptr ? object->if_contains(key) : nullptr;
      return value != nullptr && value->is_string() ? std::string{value->get_string()}
                                                    : std::string{};
    };
    if (row.kind == "signal") {
      const auto* content = object != nullptr ? object->if_contains("body") : nullptr;
      turn.emit(
          SignalReceived{row.id, text("name"),
                         JsonText{content != nullptr ? boost::json::serialize(*content) : "null"}});
    } else if (row.kind == "cancel" && !run_.cancel_reason) {
      turn.emit(CancelRequested{row.id, text("reason")});
      cancel_everything(turn, text("reason"));
    }
  }
}

void RunMachine::on(Turn& turn, const StepCrashed& stimulus) {
  StepState* step = run_.find(stimulus.step);
  if (step == nullptr || is_terminal(step->phase)) return;
  const auto error =
      make_error(ErrorClass::internal, "the actor of " + stimulus.step + " crashed more than " +
                                           std::to_string(limits::crashes_per_minute_max) +
                                           " times within a minute");
  const std::string below = step->path.empty() ? "" : step->path + '/';
  for (auto& other : run_.steps)
    if (other.path.starts_with(below) && !other.node->is_group() && !is_terminal(other.phase) &&
        &other != step)
      turn.cancel_step(other, "its group crashed");
  if (step->node->is_group()) {
    settle_group(turn, *step, error);
    return;
  }
  const Attempt* attempt = step->current();
  if (attempt == nullptr) return fail_step(turn, *step, error);
  turn.perform(CancelAttempt{step->path, attempt->number, attempt->node, attempt->incarnation,
                             error.message});
  fail_try(turn, *step, attempt->number, error, {});
}

void RunMachine::complete(Turn& turn, StepState& step, AttemptNumber attempt,
                          const JsonText& output) {
  turn.perform(ReleaseCredit{step.current()->incarnation});
  turn.emit(StepCompleted{step.path, attempt, output});
  turn.perform(StopActor{step.path});
}

void RunMachine::fail_try(Turn& turn, StepState& step, AttemptNumber attempt, const Error& error,
                          std::optional<Millis> retry_after) {
  if (const Attempt* current = step.current()) turn.perform(ReleaseCredit{current->incarnation});
  const auto retry_at = next_try(step, error, retry_after, turn.now, entropy_.uniform());
  turn.emit(AttemptFailed{step.path, attempt, error, retry_at});
  if (!retry_at) return fail_step(turn, step, error);
  turn.perform(ArmTimer{step.path, TimerKind::retry_due, attempt, *retry_at});
}

void RunMachine::fail_step(Turn& turn, StepState& step, const Error& error) {
  turn.emit(StepFailed{step.path, error});
  turn.perform(StopActor{step.path});
}

void RunMachine::lose_attempt(Turn& turn, StepState& step, Attempt& attempt) {
  gone_.insert(attempt.incarnation);
  if (!resumes_by_itself(step))
    return fail_try(turn, step, attempt.number,
                    make_error(ErrorClass::agent_down,
                               "node " + attempt.node + " is gone, and the step has resumed " +
                                   std::to_string(step.resumes) + " times already"),
                    {});
  turn.emit(AttemptLost{step.path, attempt.number, attempt.node});
  turn.ready.push_back(run_.by_path.find(step.path)->second);
}

void RunMachine::return_attempt(Turn& turn, StepState& step, const Attempt& attempt,
                                const std::string& reason) {
  turn.emit(AttemptReturned{step.path, attempt.number, reason});
  turn.ready.push_back(run_.by_path.find(step.path)->second);
}

void RunMachine::cancel_everything(Turn& turn, const std::string& reason) {
  for (auto& step : run_.steps)
    if (!step.node->is_group() && !is_terminal(step.phase) && !runs_whatever_happens(run_, step))
      turn.cancel_step(step, reason);
}

/// Starts what has become ready, blocks what cannot, settles groups; until nothing changes any
/// more.
void RunMachine::advance(Turn& turn) {
  if (run_.finished) return;
  StepState& root = run_.steps[root_index];
  if (root.phase == StepPhase::pending) start(turn, root);
  while (!is_terminal(root.phase) && advance_group(turn, root_index)) {
  }
  if (is_terminal(root.phase)) finish(turn);
}

bool RunMachine::advance_group(Turn& turn, StepIndex index) {
  bool changed = false;
  for (const auto child_index : run_.steps[index].children) {
    StepState& child = run_.steps[child_index];
    if (child.phase == StepPhase::pending) {
      const auto verdict = readiness(run_, child);
      if (verdict.readiness == Readiness::blocked) turn.emit(StepBlocked{child.path, verdict.need});
      if (verdict.readiness == Readiness::ready) start(turn, child);
      changed |= verdict.readiness != Readiness::not_yet;
    }
    if (child.node->is_group() && child.phase == StepPhase::ready)
      changed |= advance_group(turn, child_index);
  }
  StepState& group = run_.steps[index];
  const auto result = verdict(run_, group);
  if (!result.settled) return changed;
  settle_group(turn, group, result.failure);
  return true;
}

void RunMachine::start(Turn& turn, StepState& step) {
  if (step.node->when) {
    const auto& when = *step.node->when;
    const auto holds = plan::evaluate_condition(when, make_scope(run_, plan::paths_of(when)));
    if (!holds) return fail_step(turn, step, holds.error());
    if (!*holds) {
      turn.emit(StepSkipped{step.path});
      return;
    }
  }
  turn.emit(StepReady{step.path});
  turn.perform(StartActor{step.path, step.node->is_group()});
  if (!step.node->is_group()) turn.ready.push_back(run_.by_path.find(step.path)->second);
}

void RunMachine::settle_group(Turn& turn, StepState& group, const std::optional<Error>& failure) {
  turn.perform(StopActor{group.path});
  if (failure && failure->error_class == ErrorClass::cancelled)
    return turn.emit(StepCancelled{group.path});
  if (failure) return turn.emit(StepFailed{group.path, *failure});
  const auto& own = group.path.empty() ? run_.bundle->plan.output : group.node->output;
  if (!own) return turn.emit(StepCompleted{group.path, 0, outputs_by_id(run_, group)});
  const auto output = plan::evaluate(*own, make_scope(run_, plan::paths_of(*own)));
  if (!output) return turn.emit(StepFailed{group.path, output.error()});
  turn.emit(StepCompleted{group.path, 0, *output});
}

void RunMachine::finish(Turn& turn) {
  const StepState& root = run_.steps[root_index];
  RunFinished end;
  end.state = root.phase == StepPhase::completed ? ports::RunState::completed
              : run_.cancel_reason               ? ports::RunState::cancelled
                                                 : ports::RunState::failed;
  end.output = root.output;
  if (end.state == ports::RunState::cancelled) end.reason = *run_.cancel_reason;
  if (end.state == ports::RunState::failed && root.error) end.reason = root.error->message;
  turn.emit(end);
  turn.decision.end = ports::RunEnd{end.state, end.reason};
  turn.perform(EndRun{});
}

void RunMachine::collect_wanted(Turn& turn) {
  for (const auto index : turn.ready) {
    const StepState& step = run_.steps[index];
    const bool waits = step.phase == StepPhase::ready || step.phase == StepPhase::waiting;
    if (waits && step.current() == nullptr)
      turn.decision.wanted.push_back(
          {run_.id, step.path, plan::role_of(*step.node), {}, step.node->priority});
  }
}

} // namespace troupe::supervision
