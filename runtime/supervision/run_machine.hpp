// Stage 3 of 9: a run, as a pure machine. It is told what happened, folds what it decides into its
// state, and says what to append and what to do once that is durable. The simulated and the real
// shell both drive this class.
#pragma once
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "runtime/placement/placement.hpp"
#include "runtime/ports/job_store.hpp"
#include "runtime/supervision/run_state.hpp"

namespace troupe::supervision {

/// Tells the shell which message an answer belongs to; 0: nobody waits.
using ReplyToken = std::uint64_t;

enum class TimerKind : std::uint8_t { attempt_timeout, retry_due };

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
struct NodeGone {
  IncarnationId incarnation;
};
struct InboxRead {
  std::vector<ports::InboxRow> rows;
};
struct StepCrashed { // too often: within the bound the shell refolds it without asking
  std::string step;
};
using Stimulus = std::variant<Adopt, Received, AssignmentUnanswered, AttemptNotThere, TimerDue,
                              NodeGone, InboxRead, StepCrashed>;

// ---- effects: what to do, once the decision is durable, in order
struct StartActor { // of a step or group that became ready, or is under way at adoption
  std::string step;
  bool group = false;
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
struct ReleaseCredit {
  IncarnationId incarnation;
};
struct WithdrawPlacement {
  std::string step;
};
struct EndRun {};
using Effect = std::variant<StartActor, StopActor, SendAssignment, AskStatus, CancelAttempt,
                            ArmTimer, Reply, ReleaseCredit, WithdrawPlacement, EndRun>;

struct Decision {
  std::vector<Event> events;
  std::vector<std::string> inbox_applied;
  std::vector<Effect> effects;
  std::vector<placement::PlacementRequest> wanted; // steps that wait for a node
  std::optional<ports::RunEnd> end;
};

class RunMachine {
 public:
  /// `entropy` (jitter) must outlive the machine.
  RunMachine(RunState state, Entropy& entropy) : run_{std::move(state)}, entropy_{entropy} {}

  /// One decision over everything that happened since the last. The state has it at once; if its
  /// append is not accepted the machine must be thrown away and folded afresh.
  Decision decide(const std::vector<Stimulus>& stimuli, Instant now);

  /// Continues a decision that wanted placement: assignments join its events.
  void place(const std::vector<placement::Placement>& placements, Instant now, Decision& decision);

  /// What puts the actor of a step or group, and of all below it, to work again after a crash.
  /// Nothing is decided.
  std::vector<Effect> refold(std::string_view path, Instant now);

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
  void on(Turn& turn, const NodeGone& stimulus);
  void on(Turn& turn, const InboxRead& stimulus);
  void on(Turn& turn, const StepCrashed& stimulus);

  void on_task(Turn& turn, const Received& stimulus, StepState& step, Attempt& attempt);
  void on_reserve(Turn& turn, const Received& stimulus, StepState& step, const Attempt& attempt);
  void on_settle(Turn& turn, const Received& stimulus, StepState& step);

  void record_riders(Turn& turn, const StepState& step, AttemptNumber attempt,
                     const std::vector<message::RecordedActivity>& riders);
  void complete(Turn& turn, StepState& step, AttemptNumber attempt, const JsonText& output);
  void fail_try(Turn& turn, StepState& step, AttemptNumber attempt, const Error& error,
                std::optional<Millis> retry_after);
  void fail_step(Turn& turn, StepState& step, const Error& error);
  void lose_attempt(Turn& turn, StepState& step, Attempt& attempt);
  void return_attempt(Turn& turn, StepState& step, const Attempt& attempt,
                      const std::string& reason);
  void cancel_everything(Turn& turn, const std::string& reason);
  void resume_actor(Turn& turn, StepIndex index);

  void advance(Turn& turn);
  bool advance_group(Turn& turn, StepIndex group);
  void start(Turn& turn, StepState& step);
  void settle_group(Turn& turn, StepState& group, const std::optional<Error>& failure);
  void finish(Turn& turn);
  void collect_wanted(Turn& turn);

  RunState run_;
  Entropy& entropy_;
  std::set<IncarnationId> gone_; // executors known to be gone
};

} // namespace troupe::supervision
