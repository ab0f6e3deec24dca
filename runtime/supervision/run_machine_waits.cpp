// RunMachine: waits, people, child runs: what comes from outside the run, and in its own time.
#include <boost/json.hpp>

#include "runtime/hash.hpp"
#include "runtime/json_value.hpp"
#include "runtime/limits.hpp"
#include "runtime/plan/parse.hpp"
#include "runtime/supervision/group_machine.hpp"
#include "runtime/supervision/run_machine.hpp"
#include "runtime/supervision/scope.hpp"
#include "runtime/supervision/turn.hpp"

namespace troupe::supervision {
namespace {

namespace json = boost::json;

/// The body of an inbox row. Anything but an object reads as an empty one.
json::object body_of(const ports::InboxRow& row) {
  auto value = read_json(row.body.text);
  return value && value->is_object() ? std::move(value->get_object()) : json::object{};
}

std::string text(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

bool flag(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::uint32_t number(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  json::error_code error;
  const auto read = value != nullptr ? value->to_number<std::uint32_t>(error) : 0;
  return error ? 0 : read;
}

JsonText part(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return JsonText{value != nullptr ? json::serialize(*value) : "null"};
}

std::string plain(const JsonText& value) {
  const auto parsed = read_json(value.text);
  return parsed && parsed->is_string() ? std::string{parsed->get_string()} : value.text;
}

} // namespace

void RunMachine::on(Turn& turn, const InboxRead& stimulus) {
  for (const auto& row : stimulus.rows) {
    turn.decision.inbox_applied.push_back(row.id);
    if (run_.finished) continue;
    const auto body = body_of(row);
    if (row.kind == "signal") {
      on_signal(turn, row);
    } else if (row.kind == "approval") {
      on_approval(turn, row);
    } else if (row.kind == "cancel") {
      if (run_.cancel_reason) continue;
      turn.emit(CancelRequested{row.id, text(body, "reason")});
      cancel(turn, text(body, "reason"));
    } else if (row.kind == "kill") {
      if (run_.killed) continue;
      turn.emit(KillRequested{row.id, text(body, "reason")});
      cancel(turn, text(body, "reason"));
    } else if (row.kind == "pause" && !run_.paused) {
      turn.emit(RunPaused{row.id, text(body, "by")});
    } else if (row.kind == "resume" && run_.paused) {
      turn.emit(RunResumed{row.id, text(body, "by")});
      for (StepIndex index = 0; index < run_.steps.size(); ++index) resume_work(turn, index);
      turn.touch_all();
    } else if (row.kind == "skip_wait") {
      on_skip(turn, row);
    } else if (row.kind == "resolve") {
      on_resolution(turn, row);
    } else if (row.kind == "child") {
      const auto state = ports::parse_run_state(text(body, "state"));
      const auto run = parse_id<RunId>(text(body, "run"));
      if (state && run)
        on(turn, ChildReported{*run, *state, text(body, "reason"), part(body, "output"),
                               number(body, "retries")});
    }
  }
}

void RunMachine::cancel(Turn& turn, const std::string& reason) {
  if (run_.killed)
    for (auto& step : run_.steps)
      if (step.undoes && step.is_active()) stop_step(turn, step, reason);
  stop_below(turn, root_index, reason);
  turn.touch_all();
}

// ---- waits

void RunMachine::start_wait(Turn& turn, StepState& step) {
  const auto& wait = std::get<plan::WaitStep>(step.node->kind);
  const auto fill = [&](const plan::Template& value) {
    return plan::evaluate(value, scope_of(run_, step, plan::paths_of(value)));
  };
  if (!wait.signal.empty()) {
    std::optional<Instant> until;
    if (step.node->timeout) until = turn.now + *step.node->timeout;
    turn.emit(StepWaiting{step.path, until});
    if (until) turn.arm(step, TimerKind::wait_due, *until);
    return take_signals(turn);
  }
  const auto value = fill(wait.duration ? *wait.duration : *wait.until);
  if (!value) return fail_step(turn, step, value.error());
  std::optional<Instant> until;
  if (wait.until)
    until = parse_iso8601(plain(*value));
  else if (const auto duration = parse_duration(plain(*value)))
    until = turn.now + *duration;
  if (!until)
    return fail_step(turn, step,
                     make_error(ErrorClass::invalid_input,
                                std::string{wait.until ? "`until` must yield a time such as "
                                                         "2026-12-01T08:00:00Z, not "
                                                       : "`for` must yield a duration such as "
                                                         "5m, not "} +
                                    value->text));
  if (const auto error = no_time_until(run_, step, *until, "it waits", turn.now))
    return fail_step(turn, step, *error);
  turn.emit(StepWaiting{step.path, until});
  turn.arm(step, TimerKind::wait_due, *until);
}

/// A timer has come, or a signal or a decision has not.
void RunMachine::wait_over(Turn& turn, StepState& step) {
  if (step.approval)
    return fail_step(
        turn, step,
        make_error(ErrorClass::timeout, "nobody decided until " + to_iso8601(*step.due)));
  const auto* wait = std::get_if<plan::WaitStep>(&step.node->kind);
  if (wait != nullptr && !wait->signal.empty())
    return fail_step(turn, step,
                     make_error(ErrorClass::timeout,
                                "no signal `" + wait->signal + "` until " + to_iso8601(*step.due)));
  complete(turn, step, 0, JsonText{});
}

/// Each wait takes the oldest untaken signal of its name.
void RunMachine::take_signals(Turn& turn) {
  for (auto& step : run_.steps) {
    if (step.phase != StepPhase::waiting) continue;
    const auto* wait = std::get_if<plan::WaitStep>(&step.node->kind);
    if (wait == nullptr || wait->signal.empty()) continue;
    const auto wanted = [&](const Signal& s) { return !s.taken && s.name == wait->signal; };
    const auto found = std::find_if(run_.signals.begin(), run_.signals.end(), wanted);
    if (found == run_.signals.end()) continue;
    const JsonText body = found->body;
    turn.emit(SignalTaken{step.path, found->id});
    complete_checked(turn, step, 0, body);
  }
}

void RunMachine::on_signal(Turn& turn, const ports::InboxRow& row) {
  const auto body = body_of(row);
  turn.emit(SignalReceived{row.id, text(body, "name"), part(body, "body")});
  take_signals(turn);
}

/// "Run now": a wait for a time, the wait between two tries, the backoff of a restart.
void RunMachine::on_skip(Turn& turn, const ports::InboxRow& row) {
  const auto wanted = text(body_of(row), "step");
  for (StepIndex index = 0; index < run_.steps.size(); ++index) {
    StepState& step = run_.steps[index];
    if (!wanted.empty() && step.path != wanted) continue;
    const bool timed = step.due && !step.approval &&
                       std::get_if<plan::WaitStep>(&step.node->kind) != nullptr &&
                       std::get<plan::WaitStep>(step.node->kind).signal.empty();
    if (is_terminal(step.phase) || !(timed || step.retry_at || !step.group.restarts.empty()))
      continue;
    turn.emit(WaitSkipped{row.id, step.path});
    if (timed) wait_over(turn, step);
    if (step.retry_at) on(turn, TimerDue{step.path, TimerKind::retry_due, 0});
  }
}

// ---- people

void RunMachine::start_approval(Turn& turn, StepState& step) {
  const auto& approval = std::get<plan::ApprovalStep>(step.node->kind);
  const auto message =
      plan::evaluate(approval.message, scope_of(run_, step, plan::paths_of(approval.message)));
  if (!message) return fail_step(turn, step, message.error());
  json::object subject{{"run", to_string(run_.id)},   {"step", step.path},
                       {"iteration", step.iteration}, {"plan_hash", run_.created.plan_hash},
                       {"role", approval.role},       {"message", plain(*message)}};
  const JsonText bound{json::serialize(subject)};
  const Instant expires = turn.now + approval.expires;
  turn.emit(ApprovalRequested{step.path, approval.role, bound, digest(bound), expires});
  turn.arm(step, TimerKind::wait_due, expires);
}

/// First in the journal wins: a decision that comes after the expiry, for another subject, or from
/// whoever asked, changes nothing.
void RunMachine::on_approval(Turn& turn, const ports::InboxRow& row) {
  const auto body = body_of(row);
  StepState* step = run_.find(text(body, "step"));
  if (step == nullptr || !step->approval) return;
  const auto by = text(body, "by");
  if (text(body, "digest") != step->approval->digest) return;
  if (!by.empty() && by == run_.created.requested_by) return;
  const bool approved = flag(body, "approved");
  const auto reason = text(body, "reason");
  turn.emit(ApprovalDecided{row.id, step->path, approved, by, reason});
  if (!approved)
    return fail_step(turn, *step,
                     make_error(ErrorClass::denied, "refused by " + (by.empty() ? "a person" : by) +
                                                        (reason.empty() ? "" : ": " + reason)));
  const json::object output{{"approved", true}, {"by", by}, {"reason", reason}};
  complete(turn, *step, 0, JsonText{json::serialize(output)});
}

/// A person's word on an effect whose outcome nobody could learn.
void RunMachine::on_resolution(Turn& turn, const ports::InboxRow& row) {
  const auto body = body_of(row);
  const StepState* step = run_.find(text(body, "step"));
  if (step == nullptr) return;
  const auto tool = text(body, "tool");
  for (const auto& entry : step->ledger.entries()) {
    if (entry.iteration != step->iteration || entry.state != LedgerEntry::State::unknown) continue;
    if (!tool.empty() && entry.key.tool != tool) continue;
    turn.emit(ActivityResolved{step->path,
                               entry.key,
                               flag(body, "happened"),
                               {part(body, "output"), {}},
                               text(body, "by")});
    return;
  }
}

// ---- child runs

void RunMachine::start_child(Turn& turn, StepState& step) {
  const auto& child = std::get<plan::PlanStep>(step.node->kind);
  const auto& plans = run_.bundle->plans;
  const auto known = plans.find(child.plan);
  if (known == plans.end())
    return fail_step(turn, step,
                     make_error(ErrorClass::invalid_input, "no plan `" + child.plan + "`"));
  const auto with = plan::evaluate(child.with, scope_of(run_, step, plan::paths_of(child.with)));
  if (!with) return fail_step(turn, step, with.error());
  auto inputs = plan::bind_inputs(known->second, *with);
  if (!inputs) return fail_step(turn, step, inputs.error());
  turn.emit(ChildStarted{step.path, run_.attempts_made + 1, entropy_.make_id<RunId>(turn.now),
                         entropy_.make_id<JobId>(turn.now), entropy_.make_id<AppendId>(turn.now),
                         child.plan, std::move(*inputs)});
  turn.perform(StartChildRun{step.path, *step.child});
  turn.arm(step, TimerKind::child_check, turn.now + limits::child_check_interval);
  if (step.node->timeout)
    turn.arm(step, TimerKind::attempt_timeout, turn.now + *step.node->timeout, run_.attempts_made);
}

/// Until it has answered the run does not rest: parked, it would not hear the answer.
void RunMachine::ask_child(Turn& turn, const StepState& step) {
  asked_children_.insert(step.child->run);
  turn.perform(AskChildRun{step.child->run});
  turn.arm(step, TimerKind::child_check, turn.now + limits::child_check_interval);
}

void RunMachine::on(Turn& turn, const ChildReported& report) {
  asked_children_.erase(report.run);
  if (report.state == ports::RunState::running || run_.finished) return;
  for (auto& step : run_.steps)
    if (step.child && step.child->run == report.run) return child_ended(turn, step, report);
}

void RunMachine::child_ended(Turn& turn, StepState& step, const ChildReported& report) {
  const AttemptNumber attempt = step.current()->number;
  const bool completed = report.state == ports::RunState::completed;
  turn.emit(
      ChildEnded{step.path, attempt, report.state, report.reason, report.output, report.retries});
  const auto error = make_error(
      report.state == ports::RunState::cancelled ? ErrorClass::cancelled : ErrorClass::task_failed,
      "run " + to_string(report.run) + ' ' + std::string{ports::to_string(report.state)} +
          (report.reason.empty() ? "" : ": " + report.reason));
  if (step.phase == StepPhase::stopping) {
    AttemptStopped how{step.path, attempt, completed, report.output, {}};
    if (!completed) how.error = error;
    return stopped(turn, step, std::move(how));
  }
  if (completed) return complete_checked(turn, step, attempt, report.output);
  fail_try(turn, step, attempt, error, {});
}

} // namespace troupe::supervision
