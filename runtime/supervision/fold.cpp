// The fold: steps, attempts, activities, the run.
#include <charconv>

#include "runtime/supervision/folder.hpp"
#include "runtime/supervision/item_list.hpp"

namespace troupe::supervision {
namespace {

void end_attempt(Attempt& attempt, Attempt::State state, Instant at,
                 std::optional<Error> error = {}) {
  attempt.state = state;
  attempt.ended_at = at;
  attempt.error = std::move(error);
}

Attempt* find_attempt(StepState& step, AttemptNumber number) {
  for (auto& attempt : step.attempts)
    if (attempt.number == number) return &attempt;
  return nullptr;
}

} // namespace

void Folder::operator()(const RunCreated& e) const {
  run.created = e;
  run.created_at = at;
}

void Folder::operator()(const RunAdopted& e) const {
  run.epoch = e.epoch;
  run.owner_node = e.node;
  run.owner = e.incarnation;
  if (!run.started_at) run.started_at = at;
}

void Folder::operator()(const StepReady& e) const {
  StepState* step = find_or_make(e.step);
  if (step == nullptr) return;
  if (step->undoes && is_terminal(step->phase)) reset(run.index_of(*step));
  if (step->undoes) step->iteration = run.steps[*step->undoes].iteration;
  step->phase = StepPhase::ready;
  step->started_at = at;
  if (step->path.empty() || step->undoes) return;
  GroupState& group = run.steps[step->parent].group;
  ++group.active;
  group.next = std::max(group.next, step->instance + 1);
}

void Folder::operator()(const StepSkipped& e) const { end(e.step, StepPhase::skipped); }

void Folder::operator()(const StepBlocked& e) const { end(e.step, StepPhase::blocked); }

void Folder::operator()(const StepCompleted& e) const {
  StepState* step = run.find(e.step);
  if (step == nullptr) return;
  if (auto* attempt = find_attempt(*step, e.attempt))
    end_attempt(*attempt, Attempt::State::completed, at);
  step->output = e.output;
  step->error.reset();
  step->completed_order = ++run.completions;
  step->kept = e.kept;
  end(*step, StepPhase::completed);
}

void Folder::operator()(const StepFailed& e) const {
  StepState* step = run.find(e.step);
  if (step == nullptr) return;
  step->error = e.error;
  end(*step, StepPhase::failed);
}

void Folder::operator()(const StepCancelled& e) const {
  StepState* step = run.find(e.step);
  if (step == nullptr) return;
  if (auto* attempt = step->current()) end_attempt(*attempt, Attempt::State::cancelled, at);
  end(*step, StepPhase::cancelled);
}

void Folder::operator()(const StepStopping& e) const {
  if (StepState* step = run.find(e.step)) step->stop = e.error;
}

void Folder::operator()(const FallbackTaken& e) const {
  StepState* step = run.find(e.step);
  if (step == nullptr) return;
  step->fallback = e.role;
  step->tries.assign(step->tries.size(), 0);
  step->resumes = 0;
  step->phase = StepPhase::ready;
}

void Folder::operator()(const AttemptAssigned& e) const {
  begin_attempt(e.step, {e.attempt,
                         e.iteration,
                         Attempt::State::running,
                         e.node,
                         e.incarnation,
                         e.task,
                         e.timeout_ms,
                         e.resumed,
                         at,
                         {},
                         {}});
}

void Folder::operator()(const AttemptReturned& e) const {
  StepState* step = run.find(e.step);
  if (step == nullptr) return;
  if (auto* attempt = find_attempt(*step, e.attempt)) {
    end_attempt(*attempt, Attempt::State::returned, at,
                make_error(ErrorClass::no_capacity, e.reason));
    attempt->handed_over = e.handed_over;
  }
  step->phase = StepPhase::ready;
}

void Folder::operator()(const AttemptLost& e) const {
  StepState* step = run.find(e.step);
  if (step == nullptr) return;
  if (auto* attempt = find_attempt(*step, e.attempt))
    end_attempt(*attempt, Attempt::State::lost, at,
                make_error(ErrorClass::agent_down, "node " + e.node + " is gone"));
  ++step->resumes;
  step->phase = StepPhase::ready;
}

void Folder::operator()(const AttemptFailed& e) const {
  StepState* step = run.find(e.step);
  if (step == nullptr) return;
  if (auto* attempt = find_attempt(*step, e.attempt))
    end_attempt(*attempt, Attempt::State::failed, at, e.error);
  for (std::size_t i = 0; i < step->node->retry.size(); ++i)
    if (step->node->retry[i].matches(e.error.error_class)) {
      ++step->tries[i];
      break;
    }
  step->error = e.error;
  step->retry_at = e.retry_at;
  if (e.retry_at) count_retries(*step, 1);
  step->phase = e.retry_at ? StepPhase::waiting : StepPhase::ready;
}

void Folder::operator()(const AttemptStopping& e) const {
  if (StepState* step = run.find(e.step)) step->phase = StepPhase::stopping;
}

void Folder::operator()(const AttemptStopped& e) const {
  StepState* step = run.find(e.step);
  if (step == nullptr) return;
  if (auto* attempt = find_attempt(*step, e.attempt))
    end_attempt(*attempt,
                e.completed ? Attempt::State::completed
                : e.error   ? Attempt::State::failed
                            : Attempt::State::cancelled,
                at, e.error);
  step->child.reset();
  if (e.completed) {
    step->output = e.output;
    step->completed_order = ++run.completions;
  }
  if (run.steps[step->parent].group.restarts_child(run.index_of(*step)))
    step->phase = StepPhase::restarting;
}

void Folder::operator()(const AttemptProgressed& e) const {
  StepState* step = run.find(e.step);
  if (step == nullptr) return;
  step->progress = e.progress;
  step->progress_at = at;
}

void Folder::operator()(const ActivityRecorded& e) const {
  StepState* step = run.find(e.step);
  if (step == nullptr) return;
  LedgerEntry entry;
  entry.iteration = step->iteration;
  entry.key = e.activity.key;
  entry.digest = e.activity.digest;
  entry.arguments = e.activity.arguments;
  entry.outcome = e.activity.outcome;
  entry.duration_ms = e.activity.duration_ms;
  entry.attempt = e.attempt;
  entry.at = at;
  step->ledger.record(std::move(entry));
}

void Folder::operator()(const ActivityReserved& e) const {
  StepState* step = run.find(e.step);
  if (step == nullptr) return;
  LedgerEntry entry;
  entry.iteration = step->iteration;
  entry.key = e.key;
  entry.state = LedgerEntry::State::reserved;
  entry.digest = e.digest;
  entry.arguments = e.arguments;
  entry.effect = e.effect;
  entry.risk = e.risk;
  entry.attempt = e.attempt;
  entry.nonce = e.nonce;
  entry.executor = e.executor;
  entry.reconcile = e.reconcile;
  entry.at = at;
  step->ledger.record(std::move(entry));
}

void Folder::operator()(const ActivitySettled& e) const {
  StepState* step = run.find(e.step);
  auto* entry = step != nullptr ? step->ledger.find_grant(e.key, e.nonce) : nullptr;
  if (entry == nullptr) return;
  entry->state = LedgerEntry::State::settled;
  entry->outcome = e.outcome;
  entry->duration_ms = e.duration_ms;
  entry->at = at;
}

void Folder::operator()(const ActivityUnknown& e) const {
  StepState* step = run.find(e.step);
  if (step == nullptr) return;
  if (const auto* entry = step->ledger.find(step->iteration, e.key)) {
    auto unknown = *entry;
    unknown.state = LedgerEntry::State::unknown;
    if (e.asked) unknown.reconcile.clear();
    step->ledger.record(std::move(unknown));
  }
}

void Folder::operator()(const ActivityResolved& e) const {
  StepState* step = run.find(e.step);
  const auto* entry = step != nullptr ? step->ledger.find(step->iteration, e.key) : nullptr;
  if (entry == nullptr) return;
  if (!e.happened) return step->ledger.forget(step->iteration, e.key);
  auto resolved = *entry;
  resolved.state = LedgerEntry::State::settled;
  resolved.outcome = e.outcome;
  resolved.at = at;
  step->ledger.record(std::move(resolved));
}

void Folder::operator()(const CancelRequested& e) const { run.cancel_reason = e.reason; }

void Folder::operator()(const KillRequested& e) const {
  run.killed = true;
  run.cancel_reason = e.reason;
}

void Folder::operator()(const RunPaused&) const { run.paused = true; }

void Folder::operator()(const RunResumed&) const { run.paused = false; }

void Folder::operator()(const RunUndoing&) const { run.undoing = true; }

void Folder::operator()(const RunFinished& e) const {
  run.finished = e;
  run.finished_at = at;
}

// ---- parts

StepState* Folder::find_or_make(const std::string& path) const {
  if (StepState* known = run.find(path)) return known;
  if (path.ends_with(plan::undo_suffix)) {
    const StepState* step =
        run.find(std::string_view{path}.substr(0, path.size() - plan::undo_suffix.size()));
    if (step == nullptr || !step->node->undo) return nullptr;
    return &run.steps[undo_of(run, run.index_of(*step))];
  }
  const auto bracket = path.rfind('[');
  if (!path.ends_with(']') || bracket == std::string::npos) return nullptr;
  const StepState* group = run.find(std::string_view{path}.substr(0, bracket));
  std::size_t number = 0;
  std::from_chars(path.data() + bracket + 1, path.data() + path.size() - 1, number);
  if (group == nullptr || group->node->children.empty()) return nullptr;
  return &run.steps[instance_of(run, run.index_of(*group), number)];
}

void Folder::begin_attempt(const std::string& path, Attempt attempt) const {
  StepState* step = run.find(path);
  if (step == nullptr) return;
  run.attempts_made = std::max(run.attempts_made, attempt.number);
  run.by_attempt[attempt.number] = run.index_of(*step);
  step->phase = StepPhase::running;
  step->retry_at.reset();
  step->attempts.push_back(std::move(attempt));
}

void Folder::end(const std::string& path, StepPhase phase) const {
  if (StepState* step = run.find(path)) end(*step, phase);
}

void Folder::end(StepState& step, StepPhase phase) const {
  const bool was_under_way = step.is_under_way();
  if (step.phase == StepPhase::restarting) forget_restart(step);
  step.phase = phase;
  step.finished_at = at;
  step.retry_at.reset();
  step.due.reset();
  step.approval.reset();
  if (step.read_items && !holds_undo(*step.node)) step.read_items.reset();
  if (step.undoes) {
    if (phase == StepPhase::completed) run.steps[*step.undoes].undone = true;
    if (phase == StepPhase::failed) run.undo_failure = step.error;
    return;
  }
  if (step.path.empty()) return;
  GroupState& group = run.steps[step.parent].group;
  if (was_under_way) --group.active;
  if (step.counts_as_failure()) ++group.failures;
}

void Folder::reset(StepIndex index) const {
  StepState& step = run.steps[index];
  step.phase = StepPhase::pending;
  ++step.iteration;
  step.tries.assign(step.tries.size(), 0);
  step.resumes = 0;
  step.fallback.clear();
  step.retry_at = step.started_at = step.finished_at = step.due = step.progress_at = {};
  step.approval.reset();
  step.child.reset();
  step.completed_order = 0;
  step.undone = step.kept = false;
  step.stop.reset();
  step.error.reset();
  step.progress.reset();
  step.output = {};
  step.group = {};
  step.read_items.reset();
  for (const auto child : step.children) reset(child);
}

void fold(RunState& state, const Event& event, Instant at) { std::visit(Folder{state, at}, event); }

Result<> fold_rows(RunState& state, const std::vector<ports::JournalRow>& rows) {
  for (const auto& row : rows) {
    if (row.seq != state.next_seq)
      return make_error(ErrorClass::internal,
                        "journal of run " + to_string(state.id) + ": expected append " +
                            std::to_string(state.next_seq) + ", found " + std::to_string(row.seq));
    auto events = decode(row.body);
    if (!events)
      return make_error(ErrorClass::internal, "journal of run " + to_string(state.id) +
                                                  ", append " + std::to_string(row.seq) + ": " +
                                                  events.error().message);
    for (const auto& event : *events) fold(state, event, row.at);
    state.next_seq = row.seq + 1;
  }
  return {};
}

} // namespace troupe::supervision
