// The fold: groups, waits, people, child runs.
#include "runtime/supervision/folder.hpp"
#include "runtime/supervision/item_list.hpp"

namespace troupe::supervision {

void Folder::operator()(const GroupExpanded& e) const {
  StepState* step = run.find(e.step);
  if (step == nullptr) return;
  step->group.expanded = true;
  step->group.items = read_items(e.items.text).value_or(std::vector<JsonText>{});
  if (!e.artifact.empty()) step->group.list = ItemList{e.artifact, e.bytes, e.count};
}

void Folder::operator()(const CaseChosen& e) const {
  if (StepState* step = run.find(e.step)) step->group.chosen = e.label;
}

void Folder::operator()(const GroupRestarting& e) const {
  StepState* owner = run.find(e.group);
  StepState* child = run.find(e.child);
  if (owner == nullptr || child == nullptr) return;
  GroupState& group = owner->group;
  Restart restart{run.index_of(*child), {}, e.due};
  for (const auto& path : e.victims)
    if (const auto found = run.by_path.find(path); found != run.by_path.end())
      restart.victims.push_back(found->second);
  const auto overlaps = [&](const Restart& other) {
    return std::any_of(other.victims.begin(), other.victims.end(), [&](StepIndex victim) {
      return std::find(restart.victims.begin(), restart.victims.end(), victim) !=
             restart.victims.end();
    });
  };
  std::erase_if(group.restarts, overlaps); // the wider one takes them over
  const auto& policy = owner->node->restart;
  std::erase_if(group.restarted, [&](Instant t) { return at - t > policy.period; });
  group.restarted.push_back(at);
  if (group.last_restart && at - *group.last_restart > policy.reset_after) group.streak = 0;
  ++group.streak;
  group.last_restart = at;
  child->error = e.error;
  count_retries(*owner, 1);
  for (const auto victim : restart.victims) make_victim(run.steps[victim]);
  group.restarts.push_back(std::move(restart));
  recount(*owner);
}

void Folder::operator()(const GroupRestarted& e) const {
  StepState* owner = run.find(e.group);
  if (owner == nullptr) return;
  for (const auto& path : e.victims) {
    const auto found = run.by_path.find(path);
    if (found == run.by_path.end()) continue;
    const StepIndex victim = found->second;
    std::erase_if(owner->group.restarts, [&](const Restart& restart) {
      return std::find(restart.victims.begin(), restart.victims.end(), victim) !=
             restart.victims.end();
    });
    reset(victim);
    owner->group.next = std::min(owner->group.next, run.steps[victim].instance);
  }
  recount(*owner);
}

void Folder::operator()(const GroupEscalated&) const {} // for people

void Folder::operator()(const StepWaiting& e) const {
  StepState* step = run.find(e.step);
  if (step == nullptr) return;
  step->phase = StepPhase::waiting;
  step->due = e.until;
}

void Folder::operator()(const WaitSkipped& e) const {
  StepState* step = run.find(e.step);
  if (step == nullptr) return;
  if (step->retry_at) step->retry_at = at;
  if (step->due && !step->approval) step->due = at;
  for (auto& restart : step->group.restarts) restart.due = at;
}

void Folder::operator()(const SignalReceived& e) const {
  run.signals.push_back({e.id, e.name, e.body, at});
}

void Folder::operator()(const SignalTaken& e) const {
  for (auto& signal : run.signals)
    if (signal.id == e.id) signal.taken = true;
}

void Folder::operator()(const ApprovalRequested& e) const {
  StepState* step = run.find(e.step);
  if (step == nullptr) return;
  step->phase = StepPhase::waiting;
  step->approval = PendingApproval{e.subject, e.digest, e.expires_at};
  step->due = e.expires_at;
}

void Folder::operator()(const ApprovalDecided& e) const {
  if (StepState* step = run.find(e.step)) step->approval.reset();
}

void Folder::operator()(const ChildStarted& e) const {
  begin_attempt(e.step,
                {e.attempt, 0, Attempt::State::running, {}, {}, e.inputs, 0, false, at, {}, {}});
  if (StepState* step = run.find(e.step)) {
    Attempt& attempt = step->attempts.back();
    attempt.iteration = step->iteration;
    attempt.timeout_ms = static_cast<std::uint32_t>(step->node->timeout.value_or(Millis{}).count());
    step->child = ChildRun{e.run, e.job, e.append, e.plan, e.inputs};
  }
}

void Folder::operator()(const ChildEnded& e) const {
  StepState* step = run.find(e.step);
  if (step == nullptr) return;
  step->child.reset();
  count_retries(*step, e.retries);
}

// ---- parts

/// Of the groups around it: what is `always` has an allowance of its own, and so has an undo.
void Folder::count_retries(StepState& step, std::uint32_t number) const {
  for (StepState* at = &step;; at = &run.steps[at->parent]) {
    if (at->node->is_group()) at->group.retries += number;
    if (at->path.empty() || at->node->always || at->undoes) return;
  }
}

void Folder::make_victim(StepState& victim) const {
  victim.retry_at.reset();
  victim.due.reset();
  victim.approval.reset();
  if (victim.current() == nullptr) victim.phase = StepPhase::restarting;
}

void Folder::forget_restart(const StepState& victim) const {
  const StepIndex index = run.index_of(victim);
  for (auto& restart : run.steps[victim.parent].group.restarts) std::erase(restart.victims, index);
  std::erase_if(run.steps[victim.parent].group.restarts,
                [](const Restart& restart) { return restart.victims.empty(); });
}

void Folder::recount(StepState& owner) const {
  owner.group.active = owner.group.failures = 0;
  for (const auto index : owner.children) {
    const StepState& child = run.steps[index];
    if (child.is_under_way()) ++owner.group.active;
    if (child.counts_as_failure()) ++owner.group.failures;
  }
}

} // namespace troupe::supervision
