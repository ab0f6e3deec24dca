// RunMachine: failure, restart, undo, and stopping what runs.
#include <algorithm>

#include "runtime/limits.hpp"
#include "runtime/supervision/group_machine.hpp"
#include "runtime/supervision/recovery.hpp"
#include "runtime/supervision/run_machine.hpp"
#include "runtime/supervision/turn.hpp"

namespace troupe::supervision {

/// Retries and fallback are exhausted: its group restarts it, or it has failed.
void RunMachine::fail_step(Turn& turn, StepState& step, const Error& error) {
  turn.perform(WithdrawPlacement{step.path});
  if (!step.path.empty() && restart(turn, step, error)) return;
  turn.perform(StopActor{step.path});
  turn.emit(StepFailed{step.path, error});
  if (step.undoes && !run_.steps[root_index].stop) {
    turn.emit(StepStopping{"", make_error(ErrorClass::internal, "the undo of a step failed")});
    stop_below(turn, root_index, "an undo failed");
    turn.touch_all();
  }
}

bool RunMachine::restart(Turn& turn, StepState& child, const Error& error) {
  StepState& group = run_.steps[child.parent];
  if (is_doomed(run_) || is_stopped(run_, group) || !is_live(run_, group)) return false;
  const auto verdict = consider_restart(run_, child, turn.now, entropy_.uniform());
  if (verdict.kind == RestartVerdict::Kind::none) return false;
  if (verdict.kind == RestartVerdict::Kind::escalate) {
    turn.emit(GroupEscalated{group.path, child.path, verdict.reason});
    return false;
  }
  const auto late =
      no_time_until(run_, group, verdict.due, "it would wait to begin again", turn.now);
  if (late) {
    turn.emit(GroupEscalated{group.path, child.path, late->message});
    return false;
  }
  std::vector<std::string> victims;
  for (const auto victim : verdict.victims) victims.push_back(run_.steps[victim].path);
  turn.emit(GroupRestarting{group.path, child.path, error, victims, verdict.due});
  turn.arm(group, TimerKind::restart_due, verdict.due);
  for (const auto victim : verdict.victims) {
    StepState& step = run_.steps[victim];
    if (!step.node->is_group() && step.current() == nullptr) {
      turn.perform(WithdrawPlacement{step.path});
      turn.perform(StopActor{step.path});
    }
    stop_below(turn, victim, "its group restarts it");
  }
  return true;
}

/// Victims that have stopped are undone, latest first; when that and the backoff are over they
/// begin their next iteration.
void RunMachine::advance_restarts(Turn& turn, StepIndex index) {
  const auto restarts = run_.steps[index].group.restarts; // events change the original
  for (const auto& restart : restarts) {
    if (any_active(run_, restart.victims)) continue;
    if (is_stopped(run_, run_.steps[index])) { // what they did is undone with everything else
      for (const auto victim : restart.victims)
        if (run_.steps[victim].phase == StepPhase::restarting)
          turn.emit(StepCancelled{run_.steps[victim].path});
      continue;
    }
    if (!undo_next(turn, restart.victims)) continue;
    if (restart.due > turn.now || (run_.paused && !run_.cancel_reason)) continue;
    std::vector<std::string> victims;
    for (const auto victim : restart.victims) {
      victims.push_back(run_.steps[victim].path);
      if (run_.steps[victim].node->is_group())
        turn.perform(StopActor{run_.steps[victim].path}); // with the actors of its last life
    }
    turn.emit(GroupRestarted{run_.steps[index].path, std::move(victims)});
  }
}

/// What tolerated failures did is taken back before their group completes.
bool RunMachine::undo_tolerated(Turn& turn, const StepState& group) {
  if (group.group.failures == 0) return true;
  std::vector<StepIndex> failed;
  for (const auto child : group.children)
    if (run_.steps[child].phase == StepPhase::failed) failed.push_back(child);
  return undo_next(turn, failed);
}

/// True: nothing is left to undo in there. Otherwise the next undo is started, or awaited, or what
/// has to be known before it is.
bool RunMachine::undo_next(Turn& turn, const std::vector<StepIndex>& tops) {
  for (const auto index : consider_undo(run_, tops).open) settle_open_grants(turn, index);
  const auto verdict = consider_undo(run_, tops);
  if (verdict.over) return true;
  if (!verdict.next || run_.undo_failure) return false;
  const std::string path = undo_path(run_.steps[*verdict.next]);
  turn.emit(StepReady{path});
  turn.perform(StartActor{path, false, true});
  want_node(turn, *run_.find(path));
  return false;
}

/// The end of a run that cannot complete: once nothing runs any more, what was done is taken back,
/// and then the `always` steps that waited for that run. True: something has changed.
bool RunMachine::close(Turn& turn) {
  if (closing_ || !is_doomed(run_)) return false;
  if (!run_.killed) {
    if (!is_over(root_index)) return false;
    for (const auto& step : run_.steps)
      if (step.undoes && step.is_active()) return false;
    if (!run_.undo_failure) {
      std::vector<StepIndex> tops;
      for (const auto child : run_.steps[root_index].children) tops.push_back(child);
      const bool nothing = consider_undo(run_, tops).over;
      if (!nothing && !run_.undoing) turn.emit(RunUndoing{run_.cancel_reason.value_or("failed")});
      if (!undo_next(turn, tops)) return !turn.dirty.empty();
    }
  }
  closing_ = true;
  turn.touch_all();
  return true;
}

/// Nothing in there runs or starts any more, but `always` steps that wait for the end.
bool RunMachine::is_over(StepIndex index) const {
  const StepState& step = run_.steps[index];
  if (is_terminal(step.phase) || step.node->always) return true;
  if (!step.node->is_group() || step.phase != StepPhase::ready) return false;
  if (index != root_index && !is_stopped(run_, step)) return false;
  return std::all_of(step.children.begin(), step.children.end(),
                     [this](StepIndex child) { return is_over(child); });
}

/// Whatever is under way below `top` (or is `top`) ends; what is `always` in there goes on.
void RunMachine::stop_below(Turn& turn, StepIndex top, const std::string& reason) {
  std::vector<StepIndex> leaves;
  run_.each_below(top, [&](StepIndex index) {
    StepState& step = run_.steps[index];
    if (step.node->is_group() || !step.is_active()) return;
    if (run_.killed || index == top || is_stopped(run_, step) || is_in_restart(step))
      leaves.push_back(index);
  });
  for (const auto leaf : leaves) stop_step(turn, run_.steps[leaf], reason);
}

bool RunMachine::is_in_restart(const StepState& step) const {
  for (const StepState* at = &step; !at->path.empty(); at = &run_.steps[at->parent])
    if (run_.steps[at->parent].group.restarts_child(run_.index_of(*at))) return true;
  return false;
}

void RunMachine::stop_step(Turn& turn, StepState& step, const std::string& reason) {
  const Attempt* attempt = step.current();
  if (attempt == nullptr || run_.killed) {
    if (attempt != nullptr && !step.child) {
      turn.perform(
          CancelAttempt{step.path, attempt->number, attempt->node, attempt->incarnation, reason});
      turn.perform(ReleaseCredit{step.path, attempt->incarnation});
    }
    if (step.child) ask_to_stop(turn, step, reason);
    turn.perform(WithdrawPlacement{step.path});
    turn.perform(StopActor{step.path});
    if (step.stop && !run_.killed) return fail_step(turn, step, *step.stop);
    if (step.phase != StepPhase::restarting) turn.emit(StepCancelled{step.path});
    return;
  }
  if (step.phase == StepPhase::stopping) return;
  turn.emit(AttemptStopping{step.path, attempt->number, reason});
  ask_to_stop(turn, step, reason);
}

void RunMachine::ask_to_stop(Turn& turn, const StepState& step, const std::string& reason) {
  const Attempt* attempt = step.current();
  if (step.child)
    turn.perform(CancelChildRun{step.child->run, "parent:" + to_string(run_.id), reason});
  else if (attempt != nullptr)
    turn.perform(
        CancelAttempt{step.path, attempt->number, attempt->node, attempt->incarnation, reason});
  turn.arm(step, TimerKind::stop_again, turn.now + limits::stop_again_interval);
}

/// The executor has stopped, by itself or with its node.
void RunMachine::stopped(Turn& turn, StepState& step, AttemptStopped how) {
  if (const Attempt* attempt = step.current(); attempt != nullptr && !attempt->node.empty())
    turn.perform(ReleaseCredit{step.path, attempt->incarnation});
  turn.emit(std::move(how));
  turn.perform(StopActor{step.path});
  if (step.phase == StepPhase::restarting) return;
  if (step.stop) return fail_step(turn, step, *step.stop);
  turn.emit(StepCancelled{step.path});
}

/// Its time is up, or its actor is no good: all in it stops, then it fails.
void RunMachine::give_up(Turn& turn, StepState& step, const Error& error) {
  turn.emit(StepStopping{step.path, error});
  const StepIndex index = run_.index_of(step);
  if (!step.node->is_group()) return stop_step(turn, step, error.message);
  stop_below(turn, index, error.message);
  turn.touch_all();
}

} // namespace troupe::supervision
