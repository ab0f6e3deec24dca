// Stage 3 of 9: the runs that this node owns: claims them, has each folded and driven, lets go of
// them, parks those that only wait. Sans I/O: actors/orchestrator and the simulation run this
// class.
#pragma once
#include <cstdint>
#include <map>
#include <optional>

#include "runtime/lane_shares.hpp"
#include "runtime/limits.hpp"
#include "runtime/message/agent_message.hpp"
#include "runtime/ports/job_store.hpp"
#include "runtime/supervision/parking.hpp"
#include "runtime/supervision/run_driver.hpp"

namespace troupe::supervision {

/// A run that only waits, until then or (nothing) for its inbox.
struct ParkAsk {
  RunId run;
  std::uint64_t number = 0; // no two asks of a node have the same
  std::optional<Instant> until;
};

/// What this needs of its shell. No call may lead back before it has returned.
class KeeperPort {
 public:
  virtual ~KeeperPort() = default;
  /// None of the lanes `full`. Answer: claimed().
  virtual void claim(IncarnationId owner, std::uint32_t limit, std::vector<ports::Lane> full) = 0;
  virtual void find_due(Instant horizon) = 0;       // answer: due_found()
  virtual void ring_at(Instant due) = 0;            // answer: rang()
  virtual void start(const ports::RunRow& row) = 0; // folds and drives it; its end: left()
  /// As start, of a run that has only just begun: its journal holds no more, its inbox nothing.
  virtual void start_new(const ports::RunRow& row, ports::JournalRow first) = 0;
  virtual void stop(RunId run) = 0;
  /// Lets go of it once no append of it is under way; its end: left(). False: nobody drives it now.
  virtual bool hand_over(RunId run) = 0;
  virtual void nothing_kept() = 0;                                // every run has been handed over
  virtual void wake(RunId run) = 0;                               // its inbox holds something
  virtual void find_inboxes(IncarnationId owner) = 0;             // answer: inboxes_found()
  virtual void release(RunId run, IncarnationId owner) = 0;       // answer: claim()
  virtual void start_later(RunId run, Millis after) = 0;          // answer: start_due()
  virtual void park(const ParkAsk& ask, IncarnationId owner) = 0; // answer: parked()
  virtual void not_parked(RunId run) = 0;                         // its inbox holds something
  virtual void park_later(const ParkAsk& ask) = 0;                // answer: park_again()
};

/// Who has new runs from the start (NewJob::owner).
struct Taker {
  std::optional<IncarnationId> owner; // nothing: nobody here
  std::vector<ports::Lane> full;      // it takes none of these, nor claims them

  bool has_room(const ports::Lane& lane) const;
  std::optional<IncarnationId> of(const ports::Lane& lane) const;
};

class KeptRuns {
 public:
  /// The shell of the moment, which starts what the one before left behind. `port` must stay.
  void attach(KeeperPort& port);

  /// The store knows this node under `owner`; nothing: it was fenced, and every run is dropped.
  void owner_is(std::optional<IncarnationId> owner, Instant now);
  void draining(bool draining) { draining_ = draining; } // claims nothing
  /// The node is about to end: each run is driven to where nothing of it is under way, and left to
  /// whoever claims it. Answer: nothing_kept().
  void hand_over();

  void claim(Instant now); // a new job, or runs that somebody left
  void claimed(const Result<std::vector<ports::RunRow>>& rows, Instant now);
  /// This node, unless other runs wait to be claimed.
  Taker taker() const;
  void given(const ports::RunRow& row, ports::JournalRow first); // such a run, and its first append
  void due_found(const Result<std::optional<Instant>>& due);
  void rang(Instant now);
  void sweep(Instant now); // finds what a lost wake-up left: unclaimed runs, unread inboxes
  void inboxes_found(const Result<std::vector<RunId>>& runs);

  /// It only waits, until then or (nothing) for its inbox. No append of it is under way, and it
  /// decides nothing until it is stopped or woken.
  void park(RunId run, std::optional<Instant> until);
  void parked(const ParkAsk& ask, const Result<ports::ParkOutcome>& outcome, Instant now);
  void park_again(const ParkAsk& ask);

  /// The driver of a run is done. One that ran under another incarnation than this node has now was
  /// dropped with it, and says nothing.
  void left(RunId run, IncarnationId owner, RunExit exit, Instant now);
  /// It is folded afresh, the sooner the rarer it crashes. Returns when.
  Millis crashed(RunId run);
  void start_due(RunId run);

  bool has(RunId run) const { return runs_.contains(run); }
  std::size_t size() const { return runs_.size(); }

 private:
  struct Kept {
    ports::RunRow row;
    unsigned crashes = 0;
    std::uint64_t park = 0; // the ask that is not answered; 0: none
  };

  Kept& keep(const ports::RunRow& row);
  void drop(RunId run);
  void drop_all();
  Kept* parking(const ParkAsk& ask); // if that ask counts
  void expect(Instant due);
  void forget(RunId run, Instant now);
  void handed_over();

  KeeperPort* port_ = nullptr;
  std::map<RunId, Kept> runs_;
  LaneShares shares_{limits::runs_owned_max}; // of runs_
  std::optional<IncarnationId> owner_;
  WakeTimer wake_timer_;
  std::uint64_t last_park_ = 0;
  bool claiming_ = false, claim_again_ = false, draining_ = false, handing_over_ = false;
  bool held_back_ = false;    // some lanes wait for runs to end
  std::size_t ended_ = 0;     // since the last claim
  bool all_claimed_ = false;  // the last claim left none behind
  std::size_t asked_for_ = 0; // by the claim under way
};

/// What an orchestrator that does not own a run answers from its row in the store: who does; or,
/// when it is over, that nobody waits any more.
message::Body answer_for_absent(const message::Body& question,
                                const std::optional<ports::RunRow>& row);

} // namespace troupe::supervision
