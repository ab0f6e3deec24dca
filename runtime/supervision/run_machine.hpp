// Stage 3 of 9: a run, as a pure machine. It is told what happened, folds what it decides into its
// state, and says what to append and what to do once that is durable. The simulated and the real
// shell both drive this class.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "runtime/artifact/reference.hpp"
#include "runtime/limits.hpp"
#include "runtime/placement/placement.hpp"
#include "runtime/ports/job_store.hpp"
#include "runtime/supervision/run_state.hpp"

namespace troupe::supervision {

/// Tells the shell which message an answer belongs to; 0: nobody waits.
using ReplyToken = std::uint64_t;

enum class TimerKind : std::uint8_t {
  attempt_timeout,
  retry_due,
  deadline,     // of a step or group
  start_within, // nobody took it in time
  wait_due,     // of a wait; of an approval, which then expires
  restart_due,  // of a group
  stop_again,   // a cancel may have been lost
  grant_over,   // of an effect that nobody settled
  child_check,  // word of a child run's end may have been lost
  ask_again,    // a tool what became of a call
};

// ---- stimuli: what happened
struct Adopt { // this node became the owner, or folded the run afresh
  std::string node;
  IncarnationId incarnation;
};
struct Received { // from an executor: task.*, activity.*
  ReplyToken reply = 0;
  message::AgentMessage message;
};
struct AssignmentUnanswered { // refused by silence; `delivered`: it may have arrived all the same
  AttemptNumber attempt = 0;
  std::string reason;
  bool delivered = false;
};
struct AttemptNotThere { // its node, asked, knows nothing of it
  AttemptNumber attempt = 0;
};
struct TimerDue {
  std::string step;
  TimerKind kind{};
  AttemptNumber attempt = 0;
};
struct NodeSilent { // it has missed heartbeats, and is asked what became of its attempts
  IncarnationId incarnation;
};
struct NodeGone {
  IncarnationId incarnation;
  bool in_order = false; // it left: what it had not finished resumes, and has spent nothing
};
struct InboxRead {
  std::vector<ports::InboxRow> rows;
};
struct ChildReported { // a child run has ended, or (state running) has not
  RunId run;
  ports::RunState state = ports::RunState::running;
  std::string reason;
  JsonText output;
  std::uint32_t retries = 0; // and restarts, that it spent
};
struct ToolTold { // what its tool says of a call of unknown outcome
  std::string step;
  NonceId nonce;                // of its grant
  std::optional<bool> happened; // nothing: it cannot tell, or was not reached
  bool reached = true;          // false: it may be asked again
  JsonText output;
  std::string reason;
};
struct ArtifactStored { // and the run refers to it; or it cannot be
  std::string step;
  artifact::Reference what;
  std::optional<Error> fault;
};
struct ArtifactRead {
  std::string step;
  artifact::Reference what;
  std::shared_ptr<const std::string> content; // null: `fault` says why
  std::optional<Error> fault;
};
struct StepCrashed { // too often: within the bound the shell refolds it without asking
  std::string step;
};
using Stimulus = std::variant<Adopt, Received, AssignmentUnanswered, AttemptNotThere, TimerDue,
                              NodeSilent, NodeGone, InboxRead, ChildReported, ToolTold,
                              ArtifactStored, ArtifactRead, StepCrashed>;

// ---- effects: what to do, once the decision is durable, in order
struct StartActor { // of a step or group that became ready, or is under way at adoption
  std::string step;
  bool group = false;
  bool at_root = false; // an undo outlives the group of its step: the root supervises it
};
struct StopActor {
  std::string step;
};
struct SendAssignment {
  std::string step;
  AttemptNumber attempt = 0;
  std::string node;
  IncarnationId incarnation;
  message::Priority priority = message::Priority::normal;
  std::uint32_t iteration = 0;
  message::TaskAssigned body;
};
struct AskStatus { // what became of the attempt?
  std::string step;
  AttemptNumber attempt = 0;
  std::string node;
  IncarnationId incarnation;
};
struct AskTool { // whether a call of unknown outcome happened; answered by ToolTold
  std::string step;
  std::uint32_t iteration = 0;
  NonceId nonce;
  std::string recipient; // of `tool`
  message::ActivityReconcile question;
};
struct CancelAttempt {
  std::string step;
  AttemptNumber attempt = 0;
  std::string node;
  IncarnationId incarnation;
  std::string reason;
};
struct ArmTimer {
  std::string step;
  TimerKind kind{};
  AttemptNumber attempt = 0;
  Instant due{};
};
struct Reply {
  ReplyToken reply = 0;
  message::Body body;
  std::string step;
  AttemptNumber attempt = 0;
};
struct ReleaseCredit { // an attempt of the step has ended, or was never sent
  std::string step;
  IncarnationId incarnation;
  bool slot = true; // false: its node refused it, or is gone; only its permits are free
};
struct HoldPermits { // an attempt of it was under way when the run was adopted
  placement::PlacementRequest placed;
};
struct WithdrawPlacement {
  std::string step;
};
struct WatchNode { // tell NodeGone if nobody hears of it
  IncarnationId incarnation;
};
struct StartChildRun { // safe to repeat: the ids are the journal's
  std::string step;
  ChildRun child;
};
struct CancelChildRun {
  RunId run;
  std::string id, reason; // of the inbox row: safe to repeat
};
struct AskChildRun { // answered by ChildReported, or not at all: it is asked again
  RunId run;
};
struct StoreArtifact { // answered by ArtifactStored, as soon as the store can be reached
  std::string step;
  artifact::Reference what;
  std::shared_ptr<const std::string> content;
};
struct ReadArtifact { // answered by ArtifactRead, likewise
  std::string step;
  artifact::Reference what;
};
struct TellParent { // this run, which a step of another one started, has ended
  RunId parent;
  ports::RunState state{};
  std::string reason;
  JsonText output;
  std::uint32_t retries = 0; // and restarts, that it spent
};
struct EndRun {};
using Effect =
    std::variant<StartActor, StopActor, SendAssignment, AskStatus, AskTool, CancelAttempt, ArmTimer,
                 Reply, ReleaseCredit, HoldPermits, WithdrawPlacement, WatchNode, StartChildRun,
                 CancelChildRun, AskChildRun, StoreArtifact, ReadArtifact, TellParent, EndRun>;

struct Decision {
  std::vector<Event> events;
  std::vector<std::string> inbox_applied;
  std::vector<Effect> effects;
  std::vector<placement::PlacementRequest> wanted; // steps that wait for a node
  std::optional<ports::RunEnd> end;
};

/// Completed, failed, cancelled.
bool ends_an_attempt(const message::Body& body);

/// What a tool's answer to AskTool says.
ToolTold told_by_tool(const std::string& step, NonceId nonce,
                      const Result<message::AgentMessage>& answer);

class RunMachine {
 public:
  /// `entropy` (jitter) must outlive the machine. `inline_bytes_max`: a longer list of a foreach
  /// is an artifact.
  RunMachine(RunState state, Entropy& entropy,
             std::size_t inline_bytes_max = limits::payload_bytes_max)
      : run_{std::move(state)}, entropy_{entropy}, inline_bytes_max_{inline_bytes_max} {}

  /// What the state lacks that only artifacts hold: to be asked for after the fold. Nothing may be
  /// decided before each was brought.
  std::vector<ReadArtifact> missing() const;
  void bring(const ArtifactRead& read);

  /// One decision over everything that happened since the last. The state has it at once; if its
  /// append is not accepted the machine must be thrown away and folded afresh.
  /// `steady`: now, by a clock that no correction of the date moves. Grants are counted on it, from
  /// when this machine learnt of them: no date says how long ago another owner gave one.
  Decision decide(const std::vector<Stimulus>& stimuli, Instant now, Millis steady);

  /// Continues a decision that wanted placement: assignments join its events.
  void place(const std::vector<placement::Placement>& placements, Instant now, Decision& decision);

  /// What puts the actor of a step or group, and of all below it, to work again after a crash.
  /// Nothing is decided.
  std::vector<Effect> refold(std::string_view path, Instant now);

  /// Nothing in the run is under way but waits: for a time, a signal, a person, a child run. Until
  /// when; nothing: until something comes from outside.
  struct Rest {
    bool resting = false;
    std::optional<Instant> until;
  };
  Rest rest(Instant now) const;

  /// The place of the next append. Call once for each decision that has events.
  Seq take_seq() { return run_.next_seq++; }

  const RunState& state() const { return run_; }

 private:
  struct Turn; // one decision in the making

  void on(Turn& turn, const Adopt& stimulus);
  void on(Turn& turn, const Received& stimulus);
  void on(Turn& turn, const AssignmentUnanswered& stimulus);
  void on(Turn& turn, const AttemptNotThere& stimulus);
  void on(Turn& turn, const TimerDue& stimulus);
  void on(Turn& turn, const NodeSilent& stimulus);
  void on(Turn& turn, const NodeGone& stimulus);
  void on(Turn& turn, const InboxRead& stimulus);
  void on(Turn& turn, const ChildReported& stimulus);
  void on(Turn& turn, const ToolTold& stimulus);
  void on(Turn& turn, const ArtifactStored& stimulus);
  void on(Turn& turn, const ArtifactRead& stimulus);
  void on(Turn& turn, const StepCrashed& stimulus);

  // ---- executors (run_machine_executors.cpp)
  void on_task(Turn& turn, const Received& stimulus, StepState& step, Attempt& attempt);
  void on_stopping(Turn& turn, const Received& stimulus, StepState& step);
  void complete_checked(Turn& turn, StepState& step, AttemptNumber attempt, const JsonText& output);
  void on_progress(Turn& turn, StepState& step, const message::TaskProgress& progress);
  void keep_progress(Turn& turn, const StepState& step, AttemptNumber attempt);
  void on_reserve(Turn& turn, const Received& stimulus, StepState& step, const Attempt& attempt);
  void on_settle(Turn& turn, const Received& stimulus, StepState& step);
  void record_riders(Turn& turn, const StepState& step, AttemptNumber attempt,
                     const std::vector<message::RecordedActivity>& riders);
  void settle_open_grants(Turn& turn, StepIndex index);
  bool grants_are_settled(Turn& turn);
  void watch(Turn& turn, IncarnationId executor);
  void declare_unknown(Turn& turn, const StepState& step, const message::ActivityKey& key);
  void ask_tool(Turn& turn, const StepState& step, const LedgerEntry& entry);
  void ask_tools_again(Turn& turn, const StepState& step);

  // ---- attempts (run_machine.cpp)
  void assign(Turn& turn, StepState& step, const placement::Placement& placement);
  void complete(Turn& turn, StepState& step, AttemptNumber attempt, const JsonText& output);
  void fail_try(Turn& turn, StepState& step, AttemptNumber attempt, const Error& error,
                std::optional<Millis> retry_after);
  void attempt_over(Turn& turn, StepState& step);
  void fail_without_try(Turn& turn, StepState& step, const Error& error);
  void want_node(Turn& turn, const StepState& step);
  void lose_attempt(Turn& turn, StepState& step, Attempt& attempt);
  void return_attempt(Turn& turn, StepState& step, const Attempt& attempt,
                      const std::string& reason, bool handed_over = false);
  void resume_actor(Turn& turn, StepIndex index);
  void resume_work(Turn& turn, StepIndex index);
  void resume_timers(Turn& turn, const StepState& step);
  void collect_wanted(Turn& turn);

  // ---- groups (run_machine_groups.cpp)
  void advance(Turn& turn);
  void advance_group(Turn& turn, StepIndex group);
  void start_children(Turn& turn, StepIndex group);
  void start_items(Turn& turn, StepIndex group);
  void start_round(Turn& turn, StepIndex group);
  void start(Turn& turn, StepState& step);
  void open_group(Turn& turn, StepState& group);
  void settle_group(Turn& turn, StepState& group, const std::optional<Error>& failure);
  void finish(Turn& turn);

  // ---- lists of a foreach (run_machine_lists.cpp)
  struct OnItsWay { // to the store, or from it
    artifact::Reference what;
    std::uint32_t iteration = 0;
    std::shared_ptr<const std::vector<JsonText>> items; // that it is to go over, once stored
  };
  void open_items(Turn& turn, StepState& group);
  void keep_collected(Turn& turn, StepState& group, JsonText output);
  void store_list(Turn& turn, const StepState& group, std::string text,
                  std::shared_ptr<const std::vector<JsonText>> items);
  void expand(Turn& turn, StepState& group, const artifact::Reference& what,
              std::shared_ptr<const std::vector<JsonText>> items);
  bool is_on_its_way(const StepState& group) const;
  StepState* take_answer(const std::string& path, const artifact::Reference& what, OnItsWay& asked);
  void give_up_unreadable(Turn& turn);

  // ---- failure (run_machine_recovery.cpp)
  void fail_step(Turn& turn, StepState& step, const Error& error);
  bool restart(Turn& turn, StepState& child, const Error& error);
  void advance_restarts(Turn& turn, StepIndex group);
  bool undo_tolerated(Turn& turn, const StepState& group);
  bool undo_next(Turn& turn, const std::vector<StepIndex>& tops);
  bool close(Turn& turn);
  bool is_over(StepIndex index) const;
  bool is_in_restart(const StepState& step) const;
  void stop_below(Turn& turn, StepIndex top, const std::string& reason);
  void stop_step(Turn& turn, StepState& step, const std::string& reason);
  void ask_to_stop(Turn& turn, const StepState& step, const std::string& reason);
  void stopped(Turn& turn, StepState& step, AttemptStopped how);
  void give_up(Turn& turn, StepState& step, const Error& error);

  // ---- waits, people, child runs (run_machine_waits.cpp)
  void start_wait(Turn& turn, StepState& step);
  void wait_over(Turn& turn, StepState& step);
  void start_approval(Turn& turn, StepState& step);
  void start_child(Turn& turn, StepState& step);
  void ask_child(Turn& turn, const StepState& step);
  void child_ended(Turn& turn, StepState& step, const ChildReported& report);
  void take_signals(Turn& turn);
  void on_signal(Turn& turn, const ports::InboxRow& row);
  void on_approval(Turn& turn, const ports::InboxRow& row);
  void on_skip(Turn& turn, const ports::InboxRow& row);
  void on_resolution(Turn& turn, const ports::InboxRow& row);
  void cancel(Turn& turn, const std::string& reason);

  RunState run_;
  Entropy& entropy_;
  std::size_t inline_bytes_max_;
  bool is_over(const LedgerEntry& entry);
  Millis grant_age(NonceId nonce);

  std::set<IncarnationId> gone_; // executors known to be gone
  Millis steady_{};              // of the decision in the making
  std::map<NonceId, Millis> granted_at_;
  std::set<StepIndex> grant_timers_;             // of steps for which one is armed
  std::set<RunId> asked_children_;               // have not answered yet
  std::map<NonceId, Millis> tool_asked_at_;      // first
  std::map<std::string, JsonText> progress_;     // reported too soon after the last to be journaled
  std::map<std::string, OnItsWay> on_their_way_; // by the path of the foreach
  std::map<std::string, Error> unreadable_;      // the list of that foreach
  bool closing_ = false; // what was done has been taken back: the last `always` steps may run
};

} // namespace troupe::supervision
