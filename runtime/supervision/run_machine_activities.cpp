// RunMachine: what executors say of activities, and what becomes of grants that nobody settles.
#include <algorithm>

#include "runtime/limits.hpp"
#include "runtime/supervision/recovery.hpp"
#include "runtime/supervision/run_machine.hpp"
#include "runtime/supervision/turn.hpp"

namespace troupe::supervision {
namespace {

using namespace message;

/// Nobody else is granted what one executor was before so long, even if it is gone.
constexpr Millis grant_hold = limits::grant_period + limits::grant_margin;

} // namespace

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
