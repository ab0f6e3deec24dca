// RunMachine: what executors say of attempts and activities.
#include <algorithm>

#include "runtime/artifact/reference.hpp"
#include "runtime/json_schema.hpp"
#include "runtime/limits.hpp"
#include "runtime/supervision/recovery.hpp"
#include "runtime/supervision/run_machine.hpp"
#include "runtime/supervision/turn.hpp"

namespace troupe::supervision {
namespace {

using namespace message;

/// Nobody else is granted what one executor was before so long, even if it is gone.
constexpr Millis grant_hold = limits::grant_period + limits::grant_margin;

/// The answer to a repeated end of an attempt that is over: taken, or superseded.
Body answer_to_late_end(const Attempt& attempt, const Body& body) {
  const bool taken =
      (attempt.state == Attempt::State::completed && std::holds_alternative<TaskCompleted>(body)) ||
      (attempt.state == Attempt::State::failed && std::holds_alternative<TaskFailed>(body)) ||
      attempt.state == Attempt::State::cancelled || attempt.handed_over;
  if (taken) return TaskAcknowledged{};
  return TaskDiscarded{"attempt " + std::to_string(attempt.number) +
                       " is over: " + std::string{to_string(attempt.state)}};
}

const Attempt* find_attempt(const StepState& step, AttemptNumber number) {
  for (const auto& attempt : step.attempts)
    if (attempt.number == number) return &attempt;
  return nullptr;
}

} // namespace

bool ends_an_attempt(const Body& body) {
  return std::holds_alternative<TaskCompleted>(body) || std::holds_alternative<TaskFailed>(body) ||
         std::holds_alternative<TaskCancelled>(body);
}

/// The bus knows at once whether anybody listens there; who only is late answers.
void RunMachine::on(Turn& turn, const NodeSilent& stimulus) {
  for (const auto& step : run_.steps)
    if (const Attempt* attempt = step.current();
        attempt != nullptr && attempt->incarnation == stimulus.incarnation)
      turn.perform(AskStatus{step.path, attempt->number, attempt->node, attempt->incarnation});
}

void RunMachine::on(Turn& turn, const Received& stimulus) {
  const auto& context = stimulus.message.context;
  const auto& body = stimulus.message.body;
  StepState* step = run_.of_attempt(context.attempt);
  const Attempt* attempt = step != nullptr ? find_attempt(*step, context.attempt) : nullptr;
  if (attempt == nullptr) {
    turn.reply(stimulus, NotHere{"no attempt " + std::to_string(context.attempt) +
                                 " in the journal of this run"});
    return;
  }
  if (std::holds_alternative<ActivitySettle>(body)) return on_settle(turn, stimulus, *step);

  Attempt* current = step->current();
  if (current == nullptr || current->number != context.attempt) {
    if (ends_an_attempt(body)) turn.reply(stimulus, answer_to_late_end(*attempt, body));
    if (const auto* reserve = std::get_if<ActivityReserve>(&body))
      turn.reply(stimulus,
                 ActivityDiscarded{reserve->key,
                                   "attempt " + std::to_string(attempt->number) + " is over"});
    return;
  }
  if (std::holds_alternative<ActivityReserve>(body))
    return on_reserve(turn, stimulus, *step, *current);
  if (step->phase == StepPhase::stopping) return on_stopping(turn, stimulus, *step);
  on_task(turn, stimulus, *step, *current);
}

void RunMachine::on(Turn& turn, const AssignmentUnanswered& stimulus) {
  StepState* step = run_.of_attempt(stimulus.attempt);
  const Attempt* attempt = step != nullptr ? step->current() : nullptr;
  if (attempt == nullptr || attempt->number != stimulus.attempt) return;
  if (stimulus.delivered)
    turn.perform(CancelAttempt{step->path, attempt->number, attempt->node, attempt->incarnation,
                               "the assignment was not answered in time"});
  if (step->phase == StepPhase::stopping)
    return stopped(turn, *step, {step->path, attempt->number, false, {}, {}});
  return_attempt(turn, *step, *attempt, stimulus.reason);
}

void RunMachine::on(Turn& turn, const AttemptNotThere& stimulus) {
  StepState* step = run_.of_attempt(stimulus.attempt);
  Attempt* attempt = step != nullptr ? step->current() : nullptr;
  if (attempt != nullptr && attempt->number == stimulus.attempt)
    lose_attempt(turn, *step, *attempt);
}

void RunMachine::on(Turn& turn, const NodeGone& stimulus) {
  gone_.insert(stimulus.incarnation);
  for (auto& step : run_.steps) {
    Attempt* attempt = step.current();
    if (attempt == nullptr || attempt->incarnation != stimulus.incarnation) continue;
    if (stimulus.in_order && step.phase != StepPhase::stopping)
      return_attempt(turn, step, *attempt, "node " + attempt->node + " left", true);
    else
      lose_attempt(turn, step, *attempt);
  }
  turn.touch_all(); // an undo may have waited for what it might still do
}

/// What an attempt that was asked to stop says at its end. A completion that comes after the cancel
/// is kept and undone; it starts nothing.
void RunMachine::on_stopping(Turn& turn, const Received& stimulus, StepState& step) {
  AttemptStopped how{step.path, step.current()->number, false, {}, {}};
  const bool over = std::visit(
      Overloaded{[&](const TaskCompleted& done) {
                   record_riders(turn, step, how.attempt, done.riders);
                   how.completed = true;
                   how.output = done.output;
                   return true;
                 },
                 [&](const TaskFailed& failed) {
                   record_riders(turn, step, how.attempt, failed.riders);
                   how.error = failed.error;
                   return true;
                 },
                 [&](const TaskCancelled& cancelled) {
                   record_riders(turn, step, how.attempt, cancelled.riders);
                   return true;
                 },
                 [&](const TaskRefused&) { return true; }, [&](const NotHere&) { return true; },
                 [](const auto&) { return false; }},
      stimulus.message.body);
  if (!over) return;
  stopped(turn, step, std::move(how));
  turn.reply(stimulus, TaskAcknowledged{});
}

void RunMachine::on_task(Turn& turn, const Received& stimulus, StepState& step, Attempt& attempt) {
  const AttemptNumber number = attempt.number;
  std::visit(
      Overloaded{
          [&](const TaskProgress& progress) { on_progress(turn, step, progress); },
          [&](const TaskRefused& refused) {
            return_attempt(turn, step, attempt, refused.error.message);
          },
          [&](const NotHere&) { lose_attempt(turn, step, attempt); },
          [&](const TaskCompleted& done) {
            record_riders(turn, step, number, done.riders);
            complete_checked(turn, step, number, done.output);
            turn.reply(stimulus, TaskAcknowledged{});
          },
          [&](const TaskFailed& failed) {
            record_riders(turn, step, number, failed.riders);
            if (failed.handed_over) {
              return_attempt(turn, step, attempt, failed.error.message, true);
            } else if (failed.error.error_class == ErrorClass::agent_down) {
              lose_attempt(turn, step, attempt);
            } else {
              std::optional<Millis> retry_after;
              if (failed.retry_after_ms) retry_after = Millis{*failed.retry_after_ms};
              fail_try(turn, step, number, failed.error, retry_after);
            }
            turn.reply(stimulus, TaskAcknowledged{});
          },
          [&](const TaskCancelled& cancelled) {
            record_riders(turn, step, number, cancelled.riders);
            fail_try(turn, step, number,
                     make_error(ErrorClass::cancelled, "the executor cancelled the attempt"), {});
            turn.reply(stimulus, TaskAcknowledged{});
          },
          [](const auto&) {}, // accepted: said by the answer to the assignment, not journaled
      },
      stimulus.message.body);
}

/// Stage 7: does the result fit?
void RunMachine::complete_checked(Turn& turn, StepState& step, AttemptNumber attempt,
                                  const JsonText& output) {
  std::string fault;
  if (output.text.size() > limits::payload_bytes_max)
    fault = "the output is " + std::to_string(output.text.size()) + " bytes; at most " +
            std::to_string(limits::payload_bytes_max) + " fit";
  else if (const auto& schema = step.node->output_schema)
    for (const auto& one : schema_faults(schema->text, output))
      fault += (fault.empty() ? "" : "; ") + one;
  if (const auto aside = artifact::parse_reference(output); aside && !fault.empty())
    fault = "output_schema cannot look into an artifact, which an output of " +
            std::to_string(aside->bytes) + " bytes is: " + fault;
  if (fault.empty()) return complete(turn, step, attempt, output);
  const auto error = make_error(ErrorClass::invalid_output, fault);
  if (attempt == 0) return fail_step(turn, step, error); // a signal's body: there is no other try
  fail_try(turn, step, attempt, error, {});
}

/// The next attempt gets the last progress, on any node: it is journaled, but not each time.
void RunMachine::on_progress(Turn& turn, StepState& step, const TaskProgress& progress) {
  if (progress.progress == JsonText{}) return; // a note alone
  const bool due = !step.progress_at || turn.now - *step.progress_at >= limits::progress_interval;
  if (!due) return void(progress_[step.path] = progress.progress);
  progress_.erase(step.path);
  turn.emit(AttemptProgressed{step.path, step.current()->number, progress.progress});
}

/// Before an attempt ends otherwise than well: the last it reported, if that was too soon.
void RunMachine::keep_progress(Turn& turn, const StepState& step, AttemptNumber attempt) {
  if (auto last = progress_.extract(step.path))
    turn.emit(AttemptProgressed{step.path, attempt, std::move(last.mapped())});
}

void RunMachine::on_reserve(Turn& turn, const Received& stimulus, StepState& step,
                            const Attempt& attempt) {
  const auto& reserve = std::get<ActivityReserve>(stimulus.message.body);
  record_riders(turn, step, attempt.number, reserve.riders);
  gone_.erase(reserve.executor);           // it was only silent
  if (step.phase == StepPhase::stopping) { // it gives up what it holds, and says so
    turn.reply(stimulus, ActivityDiscarded{reserve.key, "the attempt is being cancelled"});
    return;
  }
  const ReserveRequest request{step.iteration, attempt.number, attempt.resumed, reserve};
  const auto verdict =
      step.ledger.on_reserve(request, [&](const LedgerEntry& entry) { return is_over(entry); });
  std::visit(
      Overloaded{
          [&](const Grant&) {
            granted_at_[reserve.nonce] = steady_;
            turn.emit(ActivityReserved{step.path, attempt.number, reserve.key, reserve.digest,
                                       reserve.arguments, reserve.effect, reserve.risk,
                                       reserve.nonce, reserve.executor, reserve.reconcile});
            turn.reply(stimulus, ActivityGranted{reserve.key, reserve.nonce});
          },
          [&](const GrantAgain&) {
            turn.reply(stimulus, ActivityGranted{reserve.key, reserve.nonce});
          },
          [&](const AnswerRecorded& recorded) {
            turn.reply(stimulus, message::ActivitySettled{reserve.key, recorded.outcome});
          },
          [&](const Wait&) {
            const auto* rival = step.ledger.find(step.iteration, reserve.key);
            if (rival->state == LedgerEntry::State::reserved) watch(turn, rival->executor);
          },
          [&](const DeclareUnknown&) {
            declare_unknown(turn, step, reserve.key);
            const auto* entry = step.ledger.find(step.iteration, reserve.key);
            if (asks_its_tool(step, *entry)) return; // reserved again until it has told
            turn.reply(stimulus,
                       ActivityRefused{
                           reserve.key, reserve.nonce,
                           make_error(ErrorClass::outcome_unknown,
                                      reserve.key.tool + " was granted to a node that is gone; "
                                                         "whether it acted cannot be learnt")});
          },
          [&](const Refuse& refuse) {
            turn.reply(stimulus, ActivityRefused{reserve.key, reserve.nonce, refuse.error});
          },
      },
      verdict);
}

void RunMachine::on_settle(Turn& turn, const Received& stimulus, StepState& step) {
  const auto& settle = std::get<ActivitySettle>(stimulus.message.body);
  const LedgerEntry* entry = step.ledger.find_grant(settle.key, settle.nonce);
  if (settle.not_done) {
    if (entry != nullptr && entry->state == LedgerEntry::State::reserved)
      turn.emit(ActivityResolved{step.path, settle.key, false, {}, "executor"});
    turn.reply(stimulus, ActivityDiscarded{settle.key, "nothing was done"});
    return;
  }
  if (entry == nullptr) {
    if (step.ledger.find(step.iteration, settle.key) != nullptr)
      turn.reply(stimulus, ActivityDiscarded{settle.key, "granted again under another nonce"});
    else
      turn.reply(stimulus, NotHere{"no such grant in the journal of this run"});
    return;
  }
  granted_at_.erase(settle.nonce);
  if (entry->state != LedgerEntry::State::settled)
    turn.emit(
        ActivitySettled{step.path, settle.key, settle.nonce, settle.outcome, settle.duration_ms});
  turn.reply(stimulus, message::ActivitySettled{settle.key, settle.outcome});
}

/// How long it has been given, for all this machine knows.
Millis RunMachine::grant_age(NonceId nonce) {
  return steady_ - granted_at_.try_emplace(nonce, steady_).first->second;
}

/// Nobody can act under it any more.
bool RunMachine::is_over(const LedgerEntry& entry) {
  return gone_.contains(entry.executor) && grant_age(entry.nonce) > grant_hold;
}

/// Until it is known to be gone.
void RunMachine::watch(Turn& turn, IncarnationId executor) {
  if (!gone_.contains(executor)) turn.perform(WatchNode{executor});
}

/// A run ends only once it is known, or told to be unknown, what became of all that was granted. A
/// kill waits for nobody.
bool RunMachine::grants_are_settled(Turn& turn) {
  bool settled = true;
  for (StepIndex index = 0; index < run_.steps.size(); ++index) {
    if (!holds_open_grant(run_.steps[index])) continue;
    settle_open_grants(turn, index);
    settled = settled && !holds_open_grant(run_.steps[index]);
  }
  return settled || run_.killed;
}

/// Before an undo, and before the end: what became of grants that nobody settled. Executors repeat
/// a settle until it is acknowledged; of one that is gone, and cannot act under its grant any more,
/// nobody will tell.
void RunMachine::settle_open_grants(Turn& turn, StepIndex index) {
  const StepState& step = run_.steps[index];
  std::vector<LedgerEntry> open;
  for (const auto& entry : step.ledger.entries())
    if (entry.iteration == step.iteration && entry.state == LedgerEntry::State::reserved)
      open.push_back(entry);
  Millis look_after = Millis::max();
  for (const auto& entry : open) {
    const Millis age = grant_age(entry.nonce);
    if (is_over(entry) || age > limits::settle_silence || run_.killed) {
      declare_unknown(turn, step, entry.key);
      continue;
    }
    watch(turn, entry.executor);
    look_after =
        std::min(look_after, std::max(grant_hold - age, Millis{0}) + limits::repeat_interval);
  }
  if (look_after != Millis::max() && grant_timers_.insert(index).second)
    turn.arm(step, TimerKind::grant_over, turn.now + look_after);
}

// ---- what its tool can tell of an unknown outcome, before a person is asked

void RunMachine::declare_unknown(Turn& turn, const StepState& step, const ActivityKey& key) {
  turn.emit(ActivityUnknown{step.path, key});
  if (const auto* entry = step.ledger.find(step.iteration, key); asks_its_tool(step, *entry))
    ask_tool(turn, step, *entry);
}

void RunMachine::ask_tool(Turn& turn, const StepState& step, const LedgerEntry& entry) {
  tool_asked_at_.try_emplace(entry.nonce, steady_);
  turn.perform(AskTool{step.path,
                       entry.iteration,
                       entry.nonce,
                       entry.reconcile,
                       {entry.key, entry.arguments, to_string(run_.created.job)}});
}

void RunMachine::ask_tools_again(Turn& turn, const StepState& step) {
  for (const auto& entry : step.ledger.entries())
    if (asks_its_tool(step, entry)) ask_tool(turn, step, entry);
}

ToolTold told_by_tool(const std::string& step, NonceId nonce,
                      const Result<message::AgentMessage>& answer) {
  ToolTold told{step, nonce, {}, false, {}, {}};
  const auto* said = answer ? std::get_if<ActivityReconciled>(&answer->body) : nullptr;
  if (said == nullptr) {
    told.reason = answer ? "it does not understand the question" : answer.error().message;
    return told;
  }
  told.reached = true;
  if (said->verdict == "happened" || said->verdict == "not_happened")
    told.happened = said->verdict == "happened";
  told.output = said->output;
  told.reason = said->reason;
  return told;
}

void RunMachine::on(Turn& turn, const ToolTold& told) {
  const StepState* step = run_.find(told.step);
  if (step == nullptr || run_.finished) return;
  for (const auto& entry : step->ledger.entries()) {
    if (entry.nonce != told.nonce || !asks_its_tool(*step, entry)) continue;
    const auto key = entry.key;
    const bool asked_long_enough =
        steady_ - tool_asked_at_.try_emplace(told.nonce, steady_).first->second >
        limits::reconcile_max;
    if (told.happened) {
      const JsonText output = *told.happened ? told.output : JsonText{};
      turn.emit(ActivityResolved{step->path, key, *told.happened, {output, {}}, "tool"});
    } else if (told.reached || asked_long_enough) {
      turn.emit(ActivityUnknown{step->path, key, true, told.reason});
    } else {
      turn.arm(*step, TimerKind::ask_again, turn.now + limits::reconcile_interval);
    }
    return;
  }
}

void RunMachine::record_riders(Turn& turn, const StepState& step, AttemptNumber attempt,
                               const std::vector<RecordedActivity>& riders) {
  for (const auto& rider : riders) {
    const LedgerEntry* known = step.ledger.find(step.iteration, rider.key);
    const bool news =
        known == nullptr || (known->state == LedgerEntry::State::recorded &&
                             (known->attempt != attempt || known->digest != rider.digest));
    if (news) turn.emit(ActivityRecorded{step.path, attempt, rider});
  }
}

} // namespace troupe::supervision
