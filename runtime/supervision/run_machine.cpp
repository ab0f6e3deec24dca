// RunMachine: decisions, and the attempts of steps.
#include "runtime/supervision/run_machine.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "runtime/limits.hpp"
#include "runtime/supervision/group_machine.hpp"
#include "runtime/supervision/recovery.hpp"
#include "runtime/supervision/scope.hpp"
#include "runtime/supervision/step_machine.hpp"
#include "runtime/supervision/turn.hpp"

namespace troupe::supervision {
namespace {

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
  const std::string role = role_wanted(step);
  if (const auto* tool = std::get_if<plan::ToolStep>(&step.node->kind))
    return caller_role(role, tool->tool);
  const auto found = run.bundle->roles.find(role);
  return found == run.bundle->roles.end() ? message::RoleDefinition{} : found->second;
}

/// The `task` of a step with its templates filled in.
Result<JsonText> task_for(const RunState& run, const StepState& step) {
  const auto fill = [&](const plan::Template& value) {
    return plan::evaluate(value, scope_of(run, step, plan::paths_of(value)));
  };
  const auto* tool = std::get_if<plan::ToolStep>(&step.node->kind);
  if (tool == nullptr) return fill(std::get<plan::AgentStep>(step.node->kind).task);
  auto with = fill(tool->with);
  if (!with) return with.error();
  return JsonText{"{\"tool\":" + boost::json::serialize(boost::json::string{tool->tool}) +
                  ",\"with\":" + with->text + "}"};
}

/// Its own timeout, or what is left until a deadline, if that is less. 0: none.
std::uint32_t time_for_attempt(const RunState& run, const StepState& step, Instant now) {
  Millis time = step.node->timeout.value_or(Millis{0});
  if (const auto deadline = deadline_of(run, step)) {
    const Millis left = std::max(*deadline - now, Millis{1});
    if (time.count() == 0 || left < time) time = left;
  }
  return static_cast<std::uint32_t>(time.count());
}

Error not_taken(const StepState& step) {
  return make_error(ErrorClass::no_capacity,
                    "no node took it within " + format_duration(*step.node->start_within));
}

/// Why there is no further try at that time.
std::optional<std::string> refusal_of_try(const RunState& run, const StepState& step, Instant at) {
  const auto deadline = deadline_of(run, step);
  if (deadline && at >= *deadline)
    return "the next try would come after the deadline, " + to_iso8601(*deadline);
  return retries_spent(run, step);
}

} // namespace

Decision RunMachine::decide(const std::vector<Stimulus>& stimuli, Instant now, Millis steady) {
  steady_ = steady;
  Decision decision;
  Turn turn{run_, decision, now};
  for (const auto& stimulus : stimuli)
    std::visit([&](const auto& what) { on(turn, what); }, stimulus);
  advance(turn);
  collect_wanted(turn);
  return decision;
}

void RunMachine::place(const std::vector<placement::Placement>& placements, Instant now,
                       Decision& decision) {
  Turn turn{run_, decision, now};
  for (const auto& placement : placements) {
    StepState* step = run_.find(placement.step);
    const bool waits = step != nullptr && !run_.finished && step->node->is_dispatched() &&
                       (step->phase == StepPhase::ready || step->phase == StepPhase::waiting);
    if (waits && !run_.paused)
      assign(turn, *step, placement);
    else
      turn.perform(ReleaseCredit{placement.step, placement.incarnation});
  }
  advance(turn);
  collect_wanted(turn);
}

void RunMachine::assign(Turn& turn, StepState& step, const placement::Placement& placement) {
  const auto task = task_for(run_, step);
  const auto keys = limit_keys(run_, step);
  if (!task || !keys) {
    turn.perform(ReleaseCredit{step.path, placement.incarnation});
    return fail_step(turn, step, task ? keys.error() : task.error());
  }
  const bool resumed = next_attempt_resumes(step);
  const AttemptNumber attempt = run_.attempts_made + 1;
  const auto timeout = time_for_attempt(run_, step, turn.now);
  turn.emit(AttemptAssigned{step.path, step.iteration, attempt, placement.node,
                            placement.incarnation, *task, timeout, resumed});
  turn.perform(SendAssignment{
      step.path,
      attempt,
      placement.node,
      placement.incarnation,
      priority_of(run_, step),
      step.iteration,
      {definition_for(run_, step), *task, make_context(run_, step),
       step.ledger.replay(step.iteration, resumed), step.progress, timeout, resumed}});
  if (timeout > 0) turn.arm(step, TimerKind::attempt_timeout, turn.now + Millis{timeout}, attempt);
}

void RunMachine::on(Turn& turn, const Adopt& stimulus) {
  if (run_.finished) return;
  if (run_.owner != stimulus.incarnation)
    turn.emit(RunAdopted{run_.epoch + 1, stimulus.node, stimulus.incarnation});
  for (StepIndex index = 0; index < run_.steps.size(); ++index) {
    for (const auto& entry : run_.steps[index].ledger.entries())
      if (entry.state == LedgerEntry::State::reserved) grant_age(entry.nonce); // counts from here
    ask_tools_again(turn, run_.steps[index]);
    const Attempt* attempt = run_.steps[index].current();
    if (attempt != nullptr && !attempt->node.empty())
      turn.perform(HoldPermits{placement_wanted(run_, run_.steps[index])});
    resume_actor(turn, index);
  }
  give_up_unreadable(turn);
  turn.touch_all();
}

std::vector<Effect> RunMachine::refold(std::string_view path, Instant now) {
  Decision decision;
  Turn turn{run_, decision, now};
  const auto below = [&](const StepState& step) {
    if (step.path == path || path.empty()) return true;
    if (step.undoes) return false; // it lives under the root
    return step.path.starts_with(std::string{path} + '/') ||
           step.path.starts_with(std::string{path} + '[');
  };
  for (StepIndex index = 0; index < run_.steps.size(); ++index)
    if (below(run_.steps[index])) resume_actor(turn, index);
  return std::move(decision.effects);
}

/// The actor of what is under way, its timers, and the question what became of its attempt, before
/// anything is dispatched again.
void RunMachine::resume_actor(Turn& turn, StepIndex index) {
  const StepState& step = run_.steps[index];
  if (step.phase == StepPhase::pending || is_terminal(step.phase)) return;
  turn.perform(StartActor{step.path, step.node->is_group(), step.undoes.has_value()});
  if (step.child)
    turn.perform(StartChildRun{step.path, *step.child});
  else if (const Attempt* attempt = step.current())
    turn.perform(AskStatus{step.path, attempt->number, attempt->node, attempt->incarnation});
  resume_work(turn, index);
}

/// What wants a node asks for one again, what waits for a time is woken in time.
void RunMachine::resume_work(Turn& turn, StepIndex index) {
  const StepState& step = run_.steps[index];
  if (step.phase == StepPhase::pending || is_terminal(step.phase)) return;
  resume_timers(turn, step);
  const bool due = step.phase == StepPhase::ready ||
                   (step.phase == StepPhase::waiting && step.retry_at <= turn.now);
  if (step.node->is_dispatched() && due && step.current() == nullptr) turn.ready.push_back(index);
}

void RunMachine::resume_timers(Turn& turn, const StepState& step) {
  if (step.node->deadline && step.started_at)
    turn.arm(step, TimerKind::deadline, *step.started_at + *step.node->deadline);
  for (const auto& restart : step.group.restarts)
    turn.arm(step, TimerKind::restart_due, restart.due);
  if (step.due) turn.arm(step, TimerKind::wait_due, *step.due);
  if (step.child) ask_child(turn, step);
  if (step.phase == StepPhase::stopping) turn.arm(step, TimerKind::stop_again, turn.now);
  if (step.phase == StepPhase::ready && step.node->start_within)
    turn.arm(step, TimerKind::start_within, ready_since(step) + *step.node->start_within);
  if (step.phase == StepPhase::waiting && step.retry_at)
    turn.arm(step, TimerKind::retry_due, *step.retry_at,
             step.attempts.empty() ? 0 : step.attempts.back().number);
  const Attempt* attempt = step.current();
  if (attempt != nullptr && attempt->timeout_ms > 0 && step.phase == StepPhase::running)
    turn.arm(step, TimerKind::attempt_timeout, attempt->assigned_at + Millis{attempt->timeout_ms},
             attempt->number);
}

void RunMachine::on(Turn& turn, const TimerDue& stimulus) {
  StepState* step = run_.find(stimulus.step);
  if (step == nullptr || run_.finished) return;
  // A timer counts on another clock than the date: by the date it may go off too early.
  const auto past = [&](Instant due) {
    if (due > turn.now) turn.arm(*step, stimulus.kind, due, stimulus.attempt);
    return due <= turn.now;
  };
  const bool wakes = stimulus.kind == TimerKind::restart_due ||
                     stimulus.kind == TimerKind::grant_over; // an undo may wait for it
  if (stimulus.kind == TimerKind::grant_over) grant_timers_.erase(run_.index_of(*step));
  if (stimulus.kind == TimerKind::restart_due)
    for (const auto& restart : step->group.restarts) past(restart.due);
  if (wakes) return turn.touch(*step);
  if (stimulus.kind == TimerKind::ask_again) return ask_tools_again(turn, *step);
  if (is_terminal(step->phase)) return;
  const Attempt* attempt = step->current();
  switch (stimulus.kind) {
    case TimerKind::attempt_timeout:
      if (attempt != nullptr && attempt->number == stimulus.attempt) attempt_over(turn, *step);
      return;
    case TimerKind::retry_due:
      if (attempt != nullptr || step->phase != StepPhase::waiting || !step->retry_at) return;
      if (!past(*step->retry_at)) return;
      if (std::holds_alternative<plan::PlanStep>(step->node->kind)) return start_child(turn, *step);
      turn.ready.push_back(run_.index_of(*step));
      return;
    case TimerKind::deadline:
      if (!step->node->deadline || !step->started_at || step->stop) return;
      if (past(*step->started_at + *step->node->deadline))
        give_up(turn, *step,
                make_error(ErrorClass::timeout, "not done within its deadline of " +
                                                    format_duration(*step->node->deadline)));
      return;
    case TimerKind::start_within:
      if (attempt != nullptr || step->phase != StepPhase::ready) return;
      if (past(ready_since(*step) + *step->node->start_within))
        fail_without_try(turn, *step, not_taken(*step));
      return;
    case TimerKind::wait_due:
      if (step->phase == StepPhase::waiting && step->due && past(*step->due))
        wait_over(turn, *step);
      return;
    case TimerKind::restart_due:
    case TimerKind::grant_over:
    case TimerKind::ask_again: return;
    case TimerKind::stop_again: // the cancel may be lost, or the whole attempt
      if (step->phase != StepPhase::stopping) return;
      ask_to_stop(turn, *step, "asked again");
      if (attempt != nullptr && !step->child)
        turn.perform(AskStatus{step->path, attempt->number, attempt->node, attempt->incarnation});
      return;
    case TimerKind::child_check:
      if (step->child) ask_child(turn, *step);
      return;
  }
}

void RunMachine::attempt_over(Turn& turn, StepState& step) {
  if (step.phase != StepPhase::running) return;
  const Attempt& attempt = *step.current();
  if (!step.child)
    turn.perform(
        CancelAttempt{step.path, attempt.number, attempt.node, attempt.incarnation, "timeout"});
  else
    ask_to_stop(turn, step, "timeout");
  fail_try(turn, step, attempt.number,
           make_error(ErrorClass::timeout, "attempt " + std::to_string(attempt.number) +
                                               " gave no answer within " +
                                               format_duration(Millis{attempt.timeout_ms})),
           {});
}

void RunMachine::on(Turn& turn, const StepCrashed& stimulus) {
  StepState* step = run_.find(stimulus.step);
  if (step == nullptr || is_terminal(step->phase)) return;
  const auto error =
      make_error(ErrorClass::internal, "the actor of " + stimulus.step + " crashed more than " +
                                           std::to_string(limits::crashes_per_minute_max) +
                                           " times within a minute");
  const Attempt* attempt = step->current();
  if (step->node->is_group() || attempt == nullptr) return give_up(turn, *step, error);
  if (step->phase == StepPhase::stopping) return;
  turn.perform(CancelAttempt{step->path, attempt->number, attempt->node, attempt->incarnation,
                             error.message});
  fail_try(turn, *step, attempt->number, error, {});
}

void RunMachine::complete(Turn& turn, StepState& step, AttemptNumber attempt,
                          const JsonText& output) {
  if (const Attempt* current = step.current(); current != nullptr && !current->node.empty())
    turn.perform(ReleaseCredit{step.path, current->incarnation});
  progress_.erase(step.path);
  turn.emit(StepCompleted{step.path, attempt, output});
  turn.perform(StopActor{step.path});
}

void RunMachine::fail_try(Turn& turn, StepState& step, AttemptNumber attempt, const Error& error,
                          std::optional<Millis> retry_after) {
  if (const Attempt* current = step.current(); current != nullptr && !current->node.empty())
    turn.perform(ReleaseCredit{step.path, current->incarnation});
  auto retry_at = next_try(step, error, retry_after, turn.now, entropy_.uniform());
  const auto refused = retry_at ? refusal_of_try(run_, step, *retry_at) : std::nullopt;
  if (refused) retry_at.reset();
  keep_progress(turn, step, attempt);
  turn.emit(AttemptFailed{step.path, attempt, error, retry_at});
  if (!retry_at) {
    auto last = error;
    if (refused) last.message += "; " + *refused;
    return fail_without_try(turn, step, last);
  }
  turn.arm(step, TimerKind::retry_due, *retry_at, attempt);
}

/// Retries are exhausted: another role may try, once.
void RunMachine::fail_without_try(Turn& turn, StepState& step, const Error& error) {
  const bool left = !step.node->fallback.empty() && step.fallback.empty();
  if (!left || !retried_by_default(error.error_class)) return fail_step(turn, step, error);
  turn.emit(FallbackTaken{step.path, step.node->fallback});
  want_node(turn, step);
}

void RunMachine::want_node(Turn& turn, const StepState& step) {
  turn.ready.push_back(run_.index_of(step));
  if (step.node->start_within)
    turn.arm(step, TimerKind::start_within, ready_since(step) + *step.node->start_within);
}

void RunMachine::lose_attempt(Turn& turn, StepState& step, Attempt& attempt) {
  const AttemptNumber number = attempt.number;
  if (step.phase == StepPhase::stopping)
    return stopped(turn, step,
                   {step.path,
                    number,
                    false,
                    {},
                    make_error(ErrorClass::agent_down, "node " + attempt.node + " is gone")});
  if (!resumes_by_itself(step))
    return fail_try(turn, step, number,
                    make_error(ErrorClass::agent_down,
                               "node " + attempt.node + " is gone, and the step has resumed " +
                                   std::to_string(step.resumes) + " times already"),
                    {});
  keep_progress(turn, step, number);
  turn.perform(ReleaseCredit{step.path, attempt.incarnation, false});
  turn.emit(AttemptLost{step.path, number, attempt.node});
  want_node(turn, step);
}

void RunMachine::return_attempt(Turn& turn, StepState& step, const Attempt& attempt,
                                const std::string& reason, bool handed_over) {
  keep_progress(turn, step, attempt.number);
  turn.perform(ReleaseCredit{step.path, attempt.incarnation, false});
  turn.emit(AttemptReturned{step.path, attempt.number, reason, handed_over});
  want_node(turn, step);
}

void RunMachine::collect_wanted(Turn& turn) {
  if (run_.paused && !run_.cancel_reason) return;
  for (const auto index : turn.ready) {
    const StepState& step = run_.steps[index];
    const bool waits = step.phase == StepPhase::ready || step.phase == StepPhase::waiting;
    if (waits && step.current() == nullptr && !run_.finished)
      turn.decision.wanted.push_back(placement_wanted(run_, step));
  }
}

RunMachine::Rest RunMachine::rest(Instant now) const {
  Rest rest;
  if (!on_their_way_.empty()) return rest;
  const auto root = run_.steps[root_index].phase;
  if (run_.finished || root == StepPhase::pending || is_terminal(root)) return rest;
  if (!run_.by_attempt.empty()) { // mostly it is the latest attempt that is under way
    const Attempt* latest = run_.steps[run_.by_attempt.rbegin()->second].current();
    if (latest != nullptr && !latest->node.empty()) return rest;
  }
  const auto sooner = [&](std::optional<Instant> due) {
    if (due && (!rest.until || *due < *rest.until)) rest.until = due;
  };
  for (const auto& step : run_.steps) {
    if (awaits_settlement(step) || asks_its_tool(step)) return {};
    if (step.phase == StepPhase::pending || is_terminal(step.phase)) continue;
    if (step.node->deadline && step.started_at) sooner(*step.started_at + *step.node->deadline);
    for (const auto& restart : step.group.restarts) sooner(restart.due);
    if (step.node->is_group() || step.phase == StepPhase::restarting) continue;
    const bool waits = step.phase == StepPhase::waiting || step.child.has_value() ||
                       (run_.paused && step.phase == StepPhase::ready);
    if (!waits) return {};
    if (step.child) {
      if (asked_children_.contains(step.child->run)) return {};
      sooner(now + limits::child_check_parked); // word of its end may be lost
    }
    if (!run_.paused) sooner(step.retry_at);
    sooner(step.due);
  }
  rest.resting = true;
  return rest;
}

} // namespace troupe::supervision
