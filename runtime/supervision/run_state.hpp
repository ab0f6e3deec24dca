// A run as the fold of its journal. Nothing here decides; run_machine.hpp does.
#pragma once
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
  pending,   // its needs are not settled
  ready,     // may start; a group: its children are being considered
  running,   // an attempt is assigned
  waiting,   // between two tries
  completed, // these five are terminal
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
  std::string node;
  IncarnationId incarnation;
  JsonText task;
  std::uint32_t timeout_ms = 0;
  bool resumed = false;
  Instant assigned_at{};
  std::optional<Instant> ended_at;
  std::optional<Error> error;
};
std::string_view to_string(Attempt::State state);

using StepIndex = std::size_t;
inline constexpr StepIndex root_index = 0;

/// A step or a group of the plan, in this run.
struct StepState {
  const plan::Node* node = nullptr; // into the bundle's plan
  std::string path;                 // "" for the root
  StepIndex parent = 0;
  std::vector<StepIndex> children;
  std::vector<StepIndex> needs;

  StepPhase phase = StepPhase::pending;
  std::uint32_t iteration = 0;
  std::vector<std::uint32_t> tries; // failures seen by each retrier of this iteration
  std::uint32_t resumes = 0;        // attempts lost with their node, in this iteration
  std::vector<Attempt> attempts;    // oldest first
  ActivityLedger ledger;
  std::optional<Instant> retry_at, started_at, finished_at;
  JsonText output;
  std::optional<Error> error;
  std::optional<JsonText> progress; // last reported; not journaled

  Attempt* current(); // the attempt under way, if any
  const Attempt* current() const;
};

struct Signal {
  std::string id, name;
  JsonText body;
  Instant at{};
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
  std::vector<StepState> steps; // pre-order; [0] is the root
  std::map<std::string, StepIndex, std::less<>> by_path;
  std::map<std::string, StepIndex, std::less<>> by_id;
  std::map<AttemptNumber, StepIndex> by_attempt;
  std::vector<Signal> signals;
  std::optional<std::string> cancel_reason;
  std::optional<RunFinished> finished;

  StepState* find(std::string_view path);
  const StepState* find(std::string_view path) const;
  /// The step whose attempt this is, or nothing.
  StepState* of_attempt(AttemptNumber attempt);
};

/// A run before its first event: the plan's tree, all pending.
RunState make_run_state(RunId id, std::shared_ptr<const config::UnpackedBundle> bundle);

/// Applies one event as the journal has it. Never fails: an event about a step that the plan lacks
/// is ignored.
void fold(RunState& state, const Event& event, Instant at);

/// Folds journal rows, from `state.next_seq` on. internal: a gap or a body that cannot be read
/// (named by its seq).
Result<> fold_rows(RunState& state, const std::vector<ports::JournalRow>& rows);

} // namespace troupe::supervision
