// Stage 3 of 9: drives a RunMachine: gathers what happened into decisions, appends each, and
// performs it once it is durable. Sans I/O: the CAF shell (actors/run) and the simulated one
// (runtime/simulation) both run this class.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/limits.hpp"
#include "runtime/message/outgoing.hpp"
#include "runtime/rules.hpp"
#include "runtime/supervision/run_machine.hpp"

namespace troupe::supervision {

/// Where the answer to a message goes; only the shell knows what `subject` means. None: nobody
/// waits for an answer, and what ends an attempt is acknowledged by a message to the agent host of
/// `node`.
struct ReplyAddress {
  std::string subject, node;
};

/// How a run leaves its driver.
enum class RunExit : std::uint8_t {
  finished,
  ownership_lost, // drop it and release it
  fold_again,     // signals came before its end
  handed_over,    // no append is under way: any node may have it
};

/// What a run needs of its shell. No call may lead back into the driver before it has returned.
class RunPort {
 public:
  virtual ~RunPort() = default;
  virtual void place(std::vector<placement::PlacementRequest> wanted) = 0; // answer: placed()
  virtual void append(ports::Append append) = 0;                           // answer: appended()
  /// Any effect but Reply and EndRun, in order, once its decision is durable.
  virtual void perform(const Effect& effect) = 0;
  /// One message to a node that runs `attempts` of what the decision cancels, ahead of its effects.
  /// Its acknowledgement is measured, no more: a cancel is repeated until the attempt has ended.
  virtual void cancel(message::Outgoing message, std::size_t attempts) = 0;
  virtual void notify(message::Outgoing message) = 0; // may be lost
  virtual void answer(const ReplyAddress& to, message::Context context, message::Body body) = 0;
  virtual Millis steady() const = 0;              // of the boot-time clock
  virtual bool may_grant() const = 0;             // this node's lease surely stands
  virtual void committed(const Event& event) = 0; // it is durable, its effects come next
  /// To be kept beside the journal, so that the next fold is short; it may fail.
  virtual void keep(ports::Snapshot snapshot) = 0;
  /// It only waits, until then or (nothing) for its inbox. Answer: the driver's end, or
  /// not_parked().
  virtual void park(std::optional<Instant> until) = 0;
  virtual void leave(RunExit exit) = 0; // the last call
};

class RunDriver {
 public:
  /// `entropy` and `port` must outlive the driver.
  RunDriver(RunId id, Entropy& entropy, RunPort& port, Rules rules = {},
            Seq snapshot_rows = limits::snapshot_rows,
            std::size_t inline_bytes_max = limits::payload_bytes_max)
      : id_{id},
        entropy_{entropy},
        port_{port},
        rules_{rules},
        snapshot_rows_{snapshot_rows},
        inline_bytes_max_{inline_bytes_max} {}

  /// The fold is done. What came before it waits for the first decision, which adopts the run once
  /// its inbox and the lists that its journal only names have been read.
  void begin(RunState state, Adopt owner);
  bool begun() const { return machine_ != nullptr; }
  bool adopted() const { return adopted_; }

  /// Where the next page of the inbox begins: what came before has been seen.
  std::uint64_t inbox_after() const { return inbox_after_; }
  void inbox_read(std::vector<ports::InboxRow> rows, Instant now);
  /// From an executor. Beyond a bound messages are dropped: executors repeat them.
  void receive(message::AgentMessage message, ReplyAddress reply_to, Instant now);
  void happen(Stimulus stimulus, Instant now);
  void placed(const std::vector<placement::Placement>& placements, Instant now);
  void offered(placement::Placement placement, Instant now); // a step that waited can have a node
  void appended(AppendId id, ports::AppendOutcome outcome, Instant now);
  void not_parked(Instant now); // its inbox holds something: read it
  /// The node is about to end: nothing more is decided. Once what is decided is durable and done,
  /// it leaves.
  void hand_over();
  /// The actor of a step or group crashed: puts it to work again as the journal has it, and what
  /// stands below it; too often within a minute is a failure of the step.
  void child_crashed(const std::string& path, Instant now);

  const RunState& state() const { return machine_->state(); } // requires begun()

 private:
  void pump(Instant now);
  void take_offers(Instant now);
  void place_or_append(Instant now);
  void append(Instant now);
  void perform(Instant now);
  void perform(const Effect& effect);
  void perform_effects();
  void cancel_by_node(const std::vector<Effect>& effects);
  void reply(const Reply& reply);
  void keep_if_due(AppendId last);
  void park_if_idle(Instant now);
  void leave_handed_over();
  bool may_decide() const;
  void leave(RunExit exit);
  void refold(const std::string& path, Instant now);

  RunId id_;
  Entropy& entropy_;
  RunPort& port_;
  Rules rules_;
  Seq snapshot_rows_;
  std::size_t inline_bytes_max_;
  Seq kept_before_ = 0; // the last snapshot is older than this append
  std::unique_ptr<RunMachine> machine_;
  Adopt owner_; // whose appends these are, whatever the node is called meanwhile

  std::deque<Stimulus> stimuli_;
  std::vector<placement::Placement> offers_;
  std::uint64_t inbox_after_ = 0;
  std::vector<std::string> inbox_applied_;
  std::set<std::string> missing_; // foreachs whose lists are being read again
  bool adopted_ = false;          // the first decision may be made
  bool busy_ = false, placing_ = false, left_ = false;
  bool parking_ = false; // asked for: nothing is decided until it is answered
  bool handing_over_ = false;
  Decision decision_;
  Instant decided_at_{};
  AppendId appending_;
  ReplyToken last_token_ = 0;
  std::map<ReplyToken, ReplyAddress> replies_;
  std::vector<ReplyToken> batch_tokens_;
  std::map<std::string, std::vector<Instant>> crashes_;
  std::vector<std::string> refolds_; // wait for the append in flight
};

} // namespace troupe::supervision
