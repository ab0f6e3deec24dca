#include "runtime/supervision/run_state.hpp"

#include <algorithm>

namespace troupe::supervision {
namespace {

StepIndex add_node(RunState& run, const plan::Node& node, StepIndex parent, std::string path) {
  const StepIndex index = run.steps.size();
  StepState& step = run.steps.emplace_back();
  step.node = &node;
  step.path = path;
  step.parent = parent;
  step.tries.assign(node.retry.size(), 0);
  run.by_path.emplace(path, index);
  if (!node.id.empty()) run.by_id.emplace(node.id, index);
  for (const auto& child : node.children) {
    const StepIndex at =
        add_node(run, child, index, path.empty() ? child.id : path + '/' + child.id);
    run.steps[index].children.push_back(at);
  }
  return index;
}

void end_attempt(Attempt& attempt, Attempt::State state, Instant at,
                 std::optional<Error> error = {}) {
  attempt.state = state;
  attempt.ended_at = at;
  attempt.error = std::move(error);
}

void end_step(StepState& step, StepPhase phase, Instant at) {
  step.phase = phase;
  step.finished_at = at;
  step.retry_at.reset();
}

Attempt* find_attempt(StepState& step, AttemptNumber number) {
  for (auto& attempt : step.attempts)
    if (attempt.number == number) return &attempt;
  return nullptr;
}

/// One overload per event: what it does to the state.
struct Folder {
  RunState& run;
  Instant at;

  template <class E>
  StepState* step_of(const E& event) const {
    return run.find(event.step);
  }

  void operator()(const RunCreated& e) const {
    run.created = e;
    run.created_at = at;
  }
  void operator()(const RunAdopted& e) const {
    run.epoch = e.epoch;
    run.owner_node = e.node;
    run.owner = e.incarnation;
    if (!run.started_at) run.started_at = at;
  }
  void operator()(const StepReady& e) const {
    auto* step = step_of(e);
    if (step == nullptr) return;
    step->phase = StepPhase::ready;
    step->started_at = at;
  }
  void operator()(const StepSkipped& e) const {
    if (auto* step = step_of(e)) end_step(*step, StepPhase::skipped, at);
  }
  void operator()(const StepBlocked& e) const {
    if (auto* step = step_of(e)) end_step(*step, StepPhase::blocked, at);
  }
  void operator()(const AttemptAssigned& e) const {
    auto* step = step_of(e);
    if (step == nullptr) return;
    run.attempts_made = std::max(run.attempts_made, e.attempt);
    run.by_attempt[e.attempt] = run.by_path.find(e.step)->second;
    step->phase = StepPhase::running;
    step->retry_at.reset();
    step->attempts.push_back({e.attempt,
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
  void operator()(const AttemptReturned& e) const {
    auto* step = step_of(e);
    if (step == nullptr) return;
    if (auto* attempt = find_attempt(*step, e.attempt))
      end_attempt(*attempt, Attempt::State::returned, at,
                  make_error(ErrorClass::no_capacity, e.reason));
    step->phase = StepPhase::ready;
  }
  void operator()(const AttemptLost& e) const {
    auto* step = step_of(e);
    if (step == nullptr) return;
    if (auto* attempt = find_attempt(*step, e.attempt))
      end_attempt(*attempt, Attempt::State::lost, at,
                  make_error(ErrorClass::agent_down, "node " + e.node + " is gone"));
    ++step->resumes;
    step->phase = StepPhase::ready;
  }
  void operator()(const AttemptFailed& e) const {
    auto* step = step_of(e);
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
    step->phase = e.retry_at ? StepPhase::waiting : StepPhase::ready;
  }
  void operator()(const StepCompleted& e) const {
    auto* step = step_of(e);
    if (step == nullptr) return;
    if (auto* attempt = find_attempt(*step, e.attempt))
      end_attempt(*attempt, Attempt::State::completed, at);
    step->output = e.output;
    step->error.reset();
    end_step(*step, StepPhase::completed, at);
  }
  void operator()(const StepFailed& e) const {
    auto* step = step_of(e);
    if (step == nullptr) return;
    step->error = e.error;
    end_step(*step, StepPhase::failed, at);
  }
  void operator()(const StepCancelled& e) const {
    auto* step = step_of(e);
    if (step == nullptr) return;
    if (auto* attempt = step->current()) end_attempt(*attempt, Attempt::State::cancelled, at);
    end_step(*step, StepPhase::cancelled, at);
  }
  void operator()(const ActivityRecorded& e) const {
    auto* step = step_of(e);
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
  void operator()(const ActivityReserved& e) const {
    auto* step = step_of(e);
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
    entry.at = at;
    step->ledger.record(std::move(entry));
  }
  void operator()(const ActivitySettled& e) const {
    auto* step = step_of(e);
    if (step == nullptr) return;
    auto* entry = step->ledger.find_grant(e.key, e.nonce);
    if (entry == nullptr) return;
    entry->state = LedgerEntry::State::settled;
    entry->outcome = e.outcome;
    entry->duration_ms = e.duration_ms;
    entry->at = at;
  }
  void operator()(const ActivityUnknown& e) const {
    auto* step = step_of(e);
    if (step == nullptr) return;
    if (const auto* entry = step->ledger.find(step->iteration, e.key)) {
      auto unknown = *entry;
      unknown.state = LedgerEntry::State::unknown;
      step->ledger.record(std::move(unknown));
    }
  }
  void operator()(const SignalReceived& e) const {
    run.signals.push_back({e.id, e.name, e.body, at});
  }
  void operator()(const CancelRequested& e) const { run.cancel_reason = e.reason; }
  void operator()(const RunFinished& e) const {
    run.finished = e;
    run.finished_at = at;
  }
};

} // namespace

bool is_terminal(StepPhase phase) { return phase >= StepPhase::completed; }

std::string_view to_string(StepPhase phase) {
  constexpr std::string_view names[] = {"pending", "ready",  "running",   "waiting", "completed",
                                        "skipped", "failed", "cancelled", "blocked"};
  return names[static_cast<std::size_t>(phase)];
}

std::string_view to_string(Attempt::State state) {
  constexpr std::string_view names[] = {"running",  "completed", "failed",
                                        "returned", "lost",      "cancelled"};
  return names[static_cast<std::size_t>(state)];
}

Attempt* StepState::current() {
  return attempts.empty() || attempts.back().state != Attempt::State::running ? nullptr
                                                                              : &attempts.back();
}
const Attempt* StepState::current() const { return const_cast<StepState*>(this)->current(); }

StepState* RunState::find(std::string_view path) {
  const auto found = by_path.find(path);
  return found == by_path.end() ? nullptr : &steps[found->second];
}
const StepState* RunState::find(std::string_view path) const {
  return const_cast<RunState*>(this)->find(path);
}
StepState* RunState::of_attempt(AttemptNumber attempt) {
  const auto found = by_attempt.find(attempt);
  return found == by_attempt.end() ? nullptr : &steps[found->second];
}

RunState make_run_state(RunId id, std::shared_ptr<const config::UnpackedBundle> bundle) {
  RunState run;
  run.id = id;
  run.bundle = std::move(bundle);
  add_node(run, run.bundle->plan.root, root_index, "");
  for (auto& step : run.steps)
    for (const auto& need : step.node->needs)
      if (const auto found = run.by_id.find(need); found != run.by_id.end())
        step.needs.push_back(found->second);
  return run;
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
