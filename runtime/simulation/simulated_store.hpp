// The store of the simulated cluster: the rules of the database in memory, behind connections that
// are slow, fail, and lose the answers of calls that were done.
#pragma once
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "runtime/config/team.hpp"
#include "runtime/simulation/process.hpp"
#include "runtime/store/memory_database.hpp"

namespace troupe::simulation {

class SimulatedStore {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;

  explicit SimulatedStore(World& world);

  store::MemoryDatabase& database() { return database_; }
  bool stands(IncarnationId incarnation); // joined, and not fenced
  void outage(bool down) { down_ = down; }
  void slow(bool slow) { slow_ = slow; }

  // The calls of the ports, each for a process, whose life and pauses decide about the answer.
  void append(Process& from, ports::Append append, std::function<void(ports::AppendOutcome)> done);
  void read(Process& from, RunId run, Done<ports::FoldPage> done);
  void put_snapshot(Process& from, RunId run, IncarnationId owner, ports::Snapshot snapshot);
  void read_inbox(Process& from, RunId run, std::uint64_t after,
                  Done<std::vector<ports::InboxRow>> done);
  void find_inboxes(Process& from, IncarnationId owner, Done<std::vector<RunId>> done);
  void find_due(Process& from, Instant horizon, Done<std::optional<Instant>> done);
  void park(Process& from, RunId run, IncarnationId owner, std::optional<Instant> until,
            Done<ports::ParkOutcome> done);
  void claim(Process& from, IncarnationId owner, std::uint32_t limit, std::vector<ports::Lane> full,
             Done<std::vector<ports::RunRow>> done);
  /// What it executes is known already.
  void submit(Process& from, ports::NewJob job, Done<ports::Submitted> done);
  /// Its bundle is kept with it.
  void submit(Process& from, ports::NewJob job, config::Bundle bundle, Done<ports::Submitted> done);
  void post_inbox(Process& from, RunId run, ports::InboxRow row, Done<bool> done);
  void release(Process& from, RunId run, IncarnationId owner, Done<Unit> done);
  void get_run(Process& from, RunId run, Done<std::optional<ports::RunRow>> done);
  void put_artifact(Process& from, ports::ArtifactPart part, Done<bool> done);
  void read_artifact(Process& from, RunId run, std::string hash, std::uint64_t at,
                     Done<std::optional<ports::ArtifactPiece>> done);
  void refer(Process& from, RunId run, RunId of, std::string text, Done<Unit> done);
  void join(Process& from, IncarnationId incarnation, Done<Unit> done);
  void renew(Process& from, IncarnationId incarnation, Done<bool> done);
  void peers(Process& from, Done<std::vector<ports::PeerRow>> done);
  void fence(Process& from, const ports::PeerRow& peer, Done<bool> done);
  void exchange_permits(Process& from, ports::PermitAsk ask, Done<ports::PermitAnswer> done);
  void leave(Process& from, IncarnationId incarnation, Done<Unit> done);

 private:
  template <class T>
  void call(Process& from, std::function<Result<T>()> work, Done<T> done);
  ports::AppendOutcome commit(const ports::Append& append);
  void commit_unguarded(ports::Append append, std::function<void(ports::AppendOutcome)> done);
  Time latency();

  World& world_;
  store::MemoryDatabase database_;
  bool down_ = false, slow_ = false;
  std::map<IncarnationId, std::vector<RunId>> unanswered_; // claims whose answer was lost
};

} // namespace troupe::simulation
