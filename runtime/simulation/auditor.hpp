// Holds the promises of DURABILITY.md against what the world saw: what tools really did, what was
// really sent, and what the journal really holds, row by row. It never asks the engine.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/agent/host_driver.hpp"
#include "runtime/ports/job_store.hpp"
#include "runtime/simulation/agenda.hpp"
#include "runtime/simulation/journal_view.hpp"
#include "runtime/supervision/call_driver.hpp"

namespace troupe::simulation {

class Process;
class World;

struct Violation {
  std::string property, detail; // names of the properties: README.md
  Time at{};
};

class Auditor {
 public:
  explicit Auditor(World& world) : world_{world} {}

  // ---- the store
  void submitted(const ports::NewJob& job);
  void inserted(const ports::Append& append, bool owner_stands);
  void posted(RunId run, const std::string& signal); // recorded: whoever sent it was told so
  void beat(IncarnationId owner);
  void fenced(IncarnationId owner, const std::string& by, const std::string& name);

  // ---- the bus
  void sent(const Process& from, const message::AgentMessage& message);
  void heard(const Process& by, const agent::Asked& heartbeat);
  void held_for_gone(const Process& by, IncarnationId executor); // for its silence

  // ---- the world outside
  Result<JsonText> acts(const Process& node, const supervision::ServedCall& call, bool fails);
  void attempt_ended(const message::Context& context, const message::Body& end);
  /// Its owner hears how an effect ended.
  void settle_heard(RunId run, IncarnationId owner, const message::ActivitySettle& settle);
  /// A tool server hears an owner, and obeys or not.
  void owner_answered(const Process& by, const message::AgentMessage& answer, bool obeyed);
  void obeys_discard(const supervision::ServedCall& call);
  /// The agent was told that nobody answered a call in time: what came of it comes late.
  void call_timed_out(const message::Context& context);
  void obeys_task_discard(const message::Context& context);

  /// Once everything has ended, or nothing more will.
  void conclude();

  void violated(std::string property, std::string detail); // the first counts
  /// Whether an effect whose outcome is unknown was done.
  bool happened(RunId run, const supervision::ActivityUnknown& unknown) const;

  const std::optional<Violation>& violation() const { return violation_; }
  std::size_t unfinished() const { return unfinished_; }
  std::size_t effects() const { return acted_.size(); }
  std::vector<supervision::RunFinished> ends() const; // of the runs

 private:
  using AttemptId = std::pair<RunId, AttemptNumber>;

  void check_event(JournalView& run, const ports::Append& append, const supervision::Event& event);
  void check_named(const ports::Append& append);
  void check_end(const JournalView& run);
  void check_completed(const JournalView& run, RunId id, const supervision::StepCompleted& event);
  void check_unknown(const JournalView& run, const supervision::ActivityUnknown& event);
  void check_lost(const JournalView& run, RunId id, const supervision::AttemptLost& event);
  void check_permits(IncarnationId owner);
  void check_child(RunId parent, const supervision::ChildEnded& event);
  void check_signal(RunId run, const std::string& id);
  void check_act(const Process& node, const supervision::ServedCall& call);
  bool lives(IncarnationId executor) const;
  bool gone_since(IncarnationId executor, Time since) const;

  World& world_;
  std::optional<Violation> violation_;
  std::map<RunId, JournalView> runs_;
  std::size_t unfinished_ = 0;

  std::map<IncarnationId, Time> beats_; // the last one of each owner
  struct Hearing {
    Time last{};
    Time last_gap_began{-1}, last_gap_ended{-1}; // of at least the lease period
  };
  std::map<std::pair<std::string, IncarnationId>, Hearing> hearings_; // by whom, whom

  struct Acted {
    Time at{};
    Result<JsonText> outcome;
  };
  std::map<NonceId, Acted> acted_;
  struct Heard {
    Epoch epoch = 0;
    Time first{};
    unsigned times = 0;
  };
  std::map<NonceId, Heard> settles_heard_;
  std::map<std::pair<IncarnationId, RunId>, Epoch> epochs_heard_; // the highest
  std::map<std::string, unsigned> once_;                          // how often, by idempotency key
  std::map<std::string, std::set<std::string>> keys_;             // of one effect
  std::map<AttemptId, std::set<std::string>> outputs_;
  std::set<AttemptId> told_late_, ended_; // ended_: its agent is done
  std::map<AttemptId, RunId> children_;
  std::map<RunId, std::vector<std::string>> posted_, applied_;
};

} // namespace troupe::simulation
