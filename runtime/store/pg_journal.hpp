// The journal on Postgres: one thread, one connection, one guarded statement for all that is
// queued.
#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/ports/journal.hpp"
#include "runtime/store/pg_batch.hpp"

namespace troupe::store {

class PgJournal final : public ports::Journal {
 public:
  /// Reads go through `reads` and snapshots through `upkeep`, so that they hold up no append.
  PgJournal(PgTarget target, StopSignal& stop, PgWorker& reads, PgWorker& upkeep);
  ~PgJournal() override;
  /// Ends the thread and drops what still waits; later appends likewise. `stop` has been raised.
  void close();

  void append(ports::Append append, AppendDone done) override;
  void read(RunId run, Seq from, std::size_t limit, ReadDone done) override;
  void read_fold(RunId run, FoldDone done) override;
  void put_snapshot(RunId run, IncarnationId owner, ports::Snapshot snapshot,
                    std::function<void(Result<>)> done) override;
  std::size_t depth() const override { return depth_; }
  bool is_good() const { return health_.is_good(); }

 private:
  struct Pending {
    ports::Append append;
    AppendDone done;
  };
  using Batch = std::vector<Pending>;

  void run();
  /// Waits for work. Empty: the store is closing.
  Batch take();
  /// Until every outcome is known and told. False: the store is closing.
  bool settle(Batch& batch);
  bool settle_one_by_one(Batch& batch);
  std::optional<PgFault> send(Batch& batch);
  /// Tells what the journal shows of the batch's keys. `sent`: the last sending was answered, so a
  /// key that is not there was refused; otherwise it stays in the batch, to be sent again.
  std::optional<PgFault> read_back(Batch& batch, bool sent);
  void tell(Pending& pending, ports::AppendOutcome outcome);

  using Folds = PgBatch<RunId, ports::FoldPage>;
  static PgAttempt<Folds::Answers> try_folds(PgConnection& connection, const Folds::Asks& runs,
                                             Deadline deadline, bool repeated);

  StopSignal& stop_;
  PgWorker& reads_;
  PgWorker& upkeep_;
  Folds folds_;
  PgConnection connection_; // used by the thread alone
  PgHealth health_{"journal"};
  std::atomic<std::size_t> depth_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Pending> queue_;
  bool closed_ = false;
  std::thread thread_;
};

} // namespace troupe::store
