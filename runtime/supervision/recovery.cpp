#include "runtime/supervision/recovery.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/supervision/group_machine.hpp"

namespace troupe::supervision {
namespace {

using State = LedgerEntry::State;

template <class Predicate>
bool any_effect(const StepState& step, const Predicate& wanted) {
  const auto& entries = step.ledger.entries();
  return std::any_of(entries.begin(), entries.end(), [&](const LedgerEntry& entry) {
    return entry.iteration == step.iteration && !entry.effect.empty() && wanted(entry);
  });
}

std::vector<StepIndex> victims_of(const RunState& run, const StepState& group,
                                  const StepState& child) {
  const StepIndex failed = run.index_of(child);
  std::vector<StepIndex> victims;
  switch (group.node->restart.strategy) {
    case plan::RestartStrategy::one_for_one: return {failed};
    case plan::RestartStrategy::one_for_all: victims = group.children; break;
    case plan::RestartStrategy::rest_for_one:
      victims.assign(std::find(group.children.begin(), group.children.end(), failed),
                     group.children.end());
      break;
  }
  // What was skipped is considered again; `always` steps belong to the end, not to a life.
  std::erase_if(victims, [&](StepIndex index) { return run.steps[index].node->always; });
  return victims;
}

Millis backoff(const plan::RestartPolicy& policy, std::uint32_t streak, double uniform) {
  const double grown = static_cast<double>(policy.interval.count()) *
                       std::pow(policy.backoff_rate, static_cast<double>(streak));
  const double bounded = std::min(grown, static_cast<double>(policy.max_delay.count()));
  return Millis{
      static_cast<Millis::rep>(policy.jitter == plan::Jitter::full ? bounded * uniform : bounded)};
}

std::uint32_t streak_at(const StepState& group, Instant now) {
  const auto& last = group.group.last_restart;
  return last && now - *last <= group.node->restart.reset_after ? group.group.streak : 0;
}

} // namespace

bool holds_unrepeatable_effects(const StepState& step) {
  return any_effect(step, [](const LedgerEntry& entry) {
    const bool done = entry.state == State::settled || entry.state == State::unknown;
    return done && (entry.effect == "keyed" || entry.effect == "once");
  });
}

bool must_be_undone(const StepState& step) {
  if (!step.node->undo || step.undone || step.undoes || step.kept) return false;
  if (step.completed_order > 0) return true;
  return any_effect(step, [](const LedgerEntry& entry) {
    if (entry.state == State::settled) return !entry.outcome.error;
    return entry.state == State::unknown || entry.state == State::reserved;
  });
}

bool asks_its_tool(const StepState& step, const LedgerEntry& entry) {
  return entry.iteration == step.iteration && entry.state == State::unknown &&
         !entry.reconcile.empty();
}

bool asks_its_tool(const StepState& step) {
  return any_effect(step, [&](const auto& entry) { return asks_its_tool(step, entry); });
}

bool holds_open_grant(const StepState& step) {
  return any_effect(step, [](const auto& entry) { return entry.state == State::reserved; });
}

bool awaits_settlement(const StepState& step) {
  return must_be_undone(step) && holds_open_grant(step);
}

RestartVerdict consider_restart(const RunState& run, const StepState& child, Instant now,
                                double uniform) {
  RestartVerdict out;
  const StepState& group = run.steps[child.parent];
  const auto& policy = group.node->restart;
  if (policy.intensity == 0 || child.node->always || child.undoes) return out;
  out.kind = RestartVerdict::Kind::escalate;
  const auto& past = group.group.restarted;
  const auto recent = std::count_if(past.begin(), past.end(),
                                    [&](Instant at) { return now - at <= policy.period; });
  if (static_cast<std::uint32_t>(recent) >= policy.intensity) {
    out.reason = std::to_string(recent) + " restarts within " + format_duration(policy.period) +
                 " are spent";
    return out;
  }
  if (const auto spent = retries_spent(run, group)) {
    out.reason = *spent;
    return out;
  }
  out.victims = victims_of(run, group, child);
  for (const auto victim : out.victims)
    run.each_below(victim, [&](StepIndex index) {
      const StepState& step = run.steps[index];
      if (out.reason.empty() && !step.node->undo && holds_unrepeatable_effects(step))
        out.reason = "step " + step.path + " did what must not be repeated, and has no undo";
    });
  if (!out.reason.empty()) return out;
  out.kind = RestartVerdict::Kind::restart;
  out.due = now + backoff(policy, streak_at(group, now), uniform);
  return out;
}

UndoVerdict consider_undo(const RunState& run, const std::vector<StepIndex>& tops) {
  UndoVerdict out;
  bool busy = false; // one after the other
  std::uint64_t latest = 0;
  const auto look = [&](StepIndex index) {
    const StepState& step = run.steps[index];
    busy |= step.undo && run.steps[*step.undo].iteration == step.iteration &&
            !is_terminal(run.steps[*step.undo].phase);
    if (!must_be_undone(step)) return;
    out.over = false;
    if (awaits_settlement(step))
      out.open.push_back(index);
    else if (any_effect(step, [](const auto& entry) {
               return entry.state == State::unknown && entry.effect == "once";
             }))
      out.unknown.push_back(index);
    // What never completed came last.
    const auto order = step.completed_order > 0 ? step.completed_order : UINT64_MAX;
    if (out.next && order < latest) return;
    latest = order;
    out.next = index;
  };
  for (const auto top : tops) run.each_below(top, look);
  if (busy) out.over = false;
  if (busy || !out.open.empty() || !out.unknown.empty()) out.next.reset();
  return out;
}

bool any_active(const RunState& run, const std::vector<StepIndex>& tops) {
  bool active = false;
  for (const auto top : tops)
    run.each_below(top, [&](StepIndex index) {
      active |= !run.steps[index].node->is_group() && run.steps[index].is_active();
    });
  return active;
}

} // namespace troupe::supervision
