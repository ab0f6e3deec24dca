// A run as the fold of its journal. Nothing here decides; run_machine.hpp does.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/config/team.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/supervision/activity_ledger.hpp"
#include "runtime/supervision/event.hpp"

namespace troupe::supervision {

enum class StepPhase : std::uint8_t {
  pending,    // its needs are not settled
  ready,      // may start; a group: its children are being considered
  running,    // an attempt is assigned; a child run is under way
  waiting,    // between two tries; for a time, a signal, a person
  stopping,   // its executor was asked to stop, and is awaited
  restarting, // a victim of its group's restart
  completed,  // these five are terminal
  skipped,
  failed,
  cancelled,
  blocked,
};
bool is_terminal(StepPhase phase);
std::string_view to_string(StepPhase phase);

struct Attempt {
  enum class State : std::uint8_t { running, completed, failed, returned, lost, cancelled };
  AttemptNumber number = 0;
  std::uint32_t iteration = 0;
  State state = State::running;
  std::string node; // empty: a child run
  IncarnationId incarnation;
  JsonText task;
  std::uint32_t timeout_ms = 0;
  bool resumed = false;
  Instant assigned_at{};
  std::optional<Instant> ended_at;
  std::optional<Error> error;
  bool handed_over = false; // returned, after it had run: the next one resumes it
};
std::string_view to_string(Attempt::State state);

using StepIndex = std::size_t;
inline constexpr StepIndex root_index = 0;

/// Of a group: victims that are being stopped and undone, and then begin again.
struct Restart {
  StepIndex child = 0; // that failed
  std::vector<StepIndex> victims;
  Instant due{};
  friend bool operator==(const Restart&, const Restart&) = default;
};

/// What a foreach goes over, where it is too large for the journal.
struct ItemList {
  std::string artifact; // "sha256:.."
  std::uint64_t bytes = 0, count = 0;
  friend bool operator==(const ItemList&, const ItemList&) = default;
};

/// What only a group has.
struct GroupState {
  bool expanded = false;                // of a foreach: what it goes over is known
  std::vector<JsonText> items;          // of a foreach that is under way
  std::optional<ItemList> list;         // instead, where they are an artifact
  std::size_t next = 0;                 // of a foreach, repeat: the instance to consider next
  std::string chosen;                   // of a switch: the label of its case
  std::size_t active = 0, failures = 0; // of its children; failures that count
  std::vector<Restart> restarts;        // under way
  std::vector<Instant> restarted;       // within the period
  std::uint32_t retries = 0;            // and restarts, of all that is in it, in this iteration
  std::uint32_t streak = 0;             // restarts since the last quiet time, for the backoff
  std::optional<Instant> last_restart;

  std::size_t item_count() const { return list ? list->count : items.size(); }
  bool restarts_child(StepIndex child) const; // it is a victim of a restart under way
  friend bool operator==(const GroupState&, const GroupState&) = default;
};

struct PendingApproval {
  JsonText subject;
  std::string digest;
  Instant expires_at{};
};

struct ChildRun {
  RunId run;
  JobId job;
  AppendId append;
  std::string plan;
  JsonText inputs;
};

/// A step or a group of the plan, in this run. Bodies of foreach and repeat have one for each
/// instance, an undo has one of its own beside its step.
struct StepState {
  const plan::Node* node = nullptr; // into the bundle's plan
  std::string path;                 // "" for the root; "each[3]/restart", "services/n8n~undo"
  StepIndex parent = 0;
  std::vector<StepIndex> children;
  std::vector<StepIndex> needs;
  std::vector<StepIndex> dependants; // groups, other than the parent, whose children need this
  std::optional<StepIndex> undo;     // the step that takes this one back, once there is one
  std::optional<StepIndex> undoes;   // this is the undo of that step
  std::size_t instance = 0;          // of a body: which one

  StepPhase phase = StepPhase::pending;
  std::uint32_t iteration = 0;
  std::vector<std::uint32_t> tries; // failures seen by each retrier of this iteration
  std::uint32_t resumes = 0;        // attempts lost with their node, in this iteration
  std::string fallback;             // the role taken over to; empty: the step's own
  std::vector<Attempt> attempts;    // oldest first
  ActivityLedger ledger;
  std::optional<Instant> retry_at, started_at, finished_at;
  std::optional<Instant> due; // of a wait
  std::optional<PendingApproval> approval;
  std::optional<ChildRun> child;
  std::uint64_t completed_order = 0; // place among the completions of the run; 0: not completed
  bool kept = false;         // as it stood in the run this one was forked from, whose it is to undo
  bool undone = false;       // what this iteration did has been taken back
  std::optional<Error> stop; // stopping; then it fails with this
  JsonText output;
  std::optional<Error> error;
  std::optional<JsonText> progress;   // last reported
  std::optional<Instant> progress_at; // when it was journaled
  GroupState group;
  std::shared_ptr<const std::vector<JsonText>> read_items; // of `group.list`; in memory alone

  /// Of a foreach. Null: there is none, or it has to be read first.
  const JsonText* item(std::size_t at) const;
  Attempt* current(); // the attempt under way, if any
  const Attempt* current() const;
  /// Of a child: neither pending nor terminal.
  bool is_under_way() const { return phase != StepPhase::pending && !is_terminal(phase); }
  /// Of a terminal child: whether it counts against what its group tolerates. An `always` step
  /// counts only if it fails itself; what is blocked follows from what failed.
  bool counts_as_failure() const {
    return phase == StepPhase::failed || (phase == StepPhase::cancelled && !node->always);
  }
  /// Its attempt, wait or child run may still do something.
  bool is_active() const { return phase >= StepPhase::ready && phase <= StepPhase::stopping; }
};

struct Signal {
  std::string id, name;
  JsonText body;
  Instant at{};
  bool taken = false; // by a wait
};

struct RunState {
  RunId id;
  std::shared_ptr<const config::UnpackedBundle> bundle;
  RunCreated created;
  Instant created_at{};
  std::optional<Instant> started_at, finished_at;
  Epoch epoch = 0;
  std::string owner_node;
  IncarnationId owner;
  Seq next_seq = 0;
  AttemptNumber attempts_made = 0;
  std::uint64_t completions = 0;
  std::deque<StepState> steps; // [0] is the root; indexes and addresses stay
  std::map<std::string, StepIndex, std::less<>> by_path;
  std::map<AttemptNumber, StepIndex> by_attempt;
  std::vector<Signal> signals;
  std::optional<std::string> cancel_reason;
  bool killed = false;
  bool paused = false;
  bool undoing = false; // it failed or was cancelled, and what was done is being taken back
  std::optional<Error> undo_failure; // a person has to look at it
  std::optional<RunFinished> finished;

  StepState* find(std::string_view path);
  const StepState* find(std::string_view path) const;
  StepIndex index_of(const StepState& step) const { return by_path.find(step.path)->second; }
  /// The step whose attempt this is, or nothing.
  StepState* of_attempt(AttemptNumber attempt);
  /// What `id` means to a child of `group`: a child of it, or of a group around it.
  std::optional<StepIndex> resolve(StepIndex group, std::string_view id) const;
  /// `visit(StepIndex)` for `index` and everything below it, instances included, undos not.
  template <class Visit>
  void each_below(StepIndex index, const Visit& visit) const {
    visit(index);
    for (const auto child : steps[index].children) each_below(child, visit);
  }
};

/// A run before its first event: the plan's tree, all pending.
RunState make_run_state(RunId id, std::shared_ptr<const config::UnpackedBundle> bundle);

/// The instance `at` of the body of a foreach or repeat, made if there is none yet.
StepIndex instance_of(RunState& run, StepIndex group, std::size_t at);
/// The undo of `step`, made if there is none yet. Requires a step whose node has one.
StepIndex undo_of(RunState& run, StepIndex step);
/// "each[3]"
std::string instance_path(const StepState& group, std::size_t at);
/// "services/n8n~undo"
std::string undo_path(const StepState& step);

/// Applies one event as the journal has it. Never fails: an event about a step that the plan lacks
/// is ignored.
void fold(RunState& state, const Event& event, Instant at);

/// Folds journal rows, from `state.next_seq` on. internal: a gap or a body that cannot be read
/// (named by its seq).
Result<> fold_rows(RunState& state, const std::vector<ports::JournalRow>& rows);

} // namespace troupe::supervision
