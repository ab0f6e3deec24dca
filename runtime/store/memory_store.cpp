#include "runtime/store/memory_store.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <thread>

#include "runtime/store/artifact_pieces.hpp"
#include "runtime/store/memory_calls.hpp"
#include "runtime/store/memory_database.hpp"
#include "runtime/store/refusals.hpp"
#include "runtime/store/texts.hpp"

namespace troupe::store {

using namespace ports;

std::shared_ptr<MemoryDatabase> make_memory_database(std::size_t open_jobs_max) {
  return std::make_shared<MemoryDatabase>(open_jobs_max);
}

namespace {

class MemoryJournal final : public Journal {
 public:
  MemoryJournal(MemoryDatabase& database, CallQueue& queue) : database_{database}, queue_{queue} {}

  void append(Append append, AppendDone done) override {
    ++depth_;
    queue_.push([this, append = std::move(append), done = std::move(done)](bool closing) {
      const auto outcome = closing ? AppendOutcome::ownership_lost : database_.append(append);
      --depth_;
      if (!closing) done(outcome);
    });
  }
  void read(RunId run, Seq from, std::size_t limit, ReadDone done) override {
    call<std::vector<JournalRow>>(queue_, std::move(done),
                                  [=, this] { return database_.read(run, from, limit); });
  }
  void read_fold(RunId run, FoldDone done) override {
    call<FoldPage>(queue_, std::move(done), [=, this] { return database_.read_fold(run); });
  }
  void put_snapshot(RunId run, IncarnationId owner, Snapshot snapshot,
                    std::function<void(Result<>)> done) override {
    call<Unit>(queue_, std::move(done), [this, run, owner, snapshot = std::move(snapshot)] {
      return database_.put_snapshot(run, owner, snapshot), Unit{};
    });
  }
  std::size_t depth() const override { return depth_; }

 private:
  MemoryDatabase& database_;
  CallQueue& queue_;
  std::atomic<std::size_t> depth_{0};
};

class MemoryJobStore final : public JobStore {
 public:
  MemoryJobStore(MemoryDatabase& database, CallQueue& queue) : database_{database}, queue_{queue} {}

  void submit(NewJob job, Done<Submitted> done) override {
    call<Submitted>(queue_, std::move(done), [this, job = std::move(job)]() -> Result<Submitted> {
      if (auto fault = check(job); !fault) return fault.error();
      return database_.submit(job);
    });
  }
  void add_run(NewRun run, Done<bool> done) override {
    call<bool>(queue_, std::move(done), [this, run = std::move(run)]() -> Result<bool> {
      if (auto fault = check(run); !fault) return fault.error();
      return database_.add_run(run);
    });
  }
  void accept_alerts(AlertBatch batch, Done<AlertReceipt> done) override {
    call<AlertReceipt>(queue_, std::move(done),
                       [this, batch = std::move(batch)]() -> Result<AlertReceipt> {
                         if (auto fault = check(batch); !fault) return fault.error();
                         return database_.accept_alerts(batch);
                       });
  }
  void post_inbox(RunId run, InboxRow row, Done<bool> done) override {
    call<bool>(queue_, std::move(done), [this, run, row = std::move(row)]() -> Result<bool> {
      if (auto fault = check(row); !fault) return fault.error();
      return database_.post_inbox(run, row);
    });
  }
  void read_inbox(RunId run, std::uint64_t after, std::uint32_t limit,
                  Done<std::vector<InboxRow>> done) override {
    call<std::vector<InboxRow>>(queue_, std::move(done),
                                [=, this] { return database_.read_inbox(run, after, limit); });
  }
  void inboxes_waiting(IncarnationId owner, Done<std::vector<RunId>> done) override {
    call<std::vector<RunId>>(queue_, std::move(done),
                             [=, this] { return database_.inboxes_waiting(owner); });
  }
  void claim(IncarnationId owner, std::uint32_t limit, Instant now, std::vector<Lane> full,
             Done<std::vector<RunRow>> done) override {
    call<std::vector<RunRow>>(queue_, std::move(done), [=, this, full = std::move(full)] {
      return database_.claim(owner, limit, now, full, served_last_);
    });
  }
  void release(RunId run, IncarnationId owner, Done<Unit> done) override {
    call<Unit>(queue_, std::move(done),
               [=, this] { return database_.release(run, owner), Unit{}; });
  }
  void park(RunId run, IncarnationId owner, std::optional<Instant> wake_at,
            Done<ParkOutcome> done) override {
    call<ParkOutcome>(queue_, std::move(done),
                      [=, this] { return database_.park(run, owner, wake_at); });
  }
  void next_due(Instant horizon, Done<std::optional<Instant>> done) override {
    call<std::optional<Instant>>(queue_, std::move(done),
                                 [=, this] { return database_.next_due(horizon); });
  }
  void put_document(std::string hash, std::string kind, std::string body,
                    Done<Unit> done) override {
    call<Unit>(queue_, std::move(done),
               [this, hash = std::move(hash), kind = std::move(kind),
                body = std::move(body)]() -> Result<> {
                 auto checked = check_document(hash, kind, body);
                 if (checked) database_.put_document(hash, body);
                 return checked;
               });
  }
  void get_document(std::string hash, Done<std::string> done) override {
    call<std::string>(queue_, std::move(done),
                      [this, hash = std::move(hash)] { return database_.get_document(hash); });
  }
  void list_jobs(JobFilter filter, Done<std::vector<JobRow>> done) override {
    call<std::vector<JobRow>>(queue_, std::move(done), [this, filter = std::move(filter)] {
      return database_.list_jobs(filter);
    });
  }
  void get_job(JobId id, Done<std::optional<JobRow>> done) override {
    call<std::optional<JobRow>>(queue_, std::move(done),
                                [=, this] { return database_.get_job(id); });
  }
  void list_runs(JobFilter filter, Done<std::vector<RunRow>> done) override {
    call<std::vector<RunRow>>(queue_, std::move(done), [this, filter = std::move(filter)] {
      return database_.list_runs(filter);
    });
  }
  void asking_runs(std::uint32_t limit, Done<std::vector<RunRow>> done) override {
    call<std::vector<RunRow>>(queue_, std::move(done),
                              [=, this] { return database_.asking_runs(limit); });
  }
  void get_run(RunId id, Done<std::optional<RunRow>> done) override {
    call<std::optional<RunRow>>(queue_, std::move(done),
                                [=, this] { return database_.get_run(id); });
  }

 private:
  MemoryDatabase& database_;
  CallQueue& queue_;
  std::map<message::Priority, std::string> served_last_; // used by the delivering thread alone
};

class MemoryMembership final : public Membership {
 public:
  MemoryMembership(MemoryDatabase& database, CallQueue& queue)
      : database_{database}, queue_{queue} {}

  void join(NodeRegistration node, Done<Unit> done) override {
    call<Unit>(queue_, std::move(done),
               [this, node = std::move(node)] { return database_.join(node); });
  }
  void renew(IncarnationId incarnation, bool bus_up, Done<bool> done) override {
    call<bool>(queue_, std::move(done), [=, this] { return database_.renew(incarnation, bus_up); });
  }
  void peers(Done<std::vector<PeerRow>> done) override {
    call<std::vector<PeerRow>>(queue_, std::move(done), [this] { return database_.peers(); });
  }
  void fence(IncarnationId incarnation, std::uint64_t seen_beat, Done<bool> done) override {
    call<bool>(queue_, std::move(done),
               [=, this] { return database_.fence(incarnation, seen_beat); });
  }
  void leave(IncarnationId incarnation, Done<Unit> done) override {
    call<Unit>(queue_, std::move(done), [=, this] { return database_.leave(incarnation), Unit{}; });
  }

 private:
  MemoryDatabase& database_;
  CallQueue& queue_;
};

class MemoryRetention final : public Retention {
 public:
  MemoryRetention(MemoryDatabase& database, CallQueue& queue)
      : database_{database}, queue_{queue} {}

  void retain(std::vector<RetentionRule> rules, Instant now, std::uint32_t limit,
              std::function<void(Result<RetentionReport>)> done) override {
    call<RetentionReport>(queue_, std::move(done), [=, this, rules = std::move(rules)] {
      return database_.retain(rules, now, limit);
    });
  }

 private:
  MemoryDatabase& database_;
  CallQueue& queue_;
};

class MemorySchedules final : public Schedules {
 public:
  MemorySchedules(MemoryDatabase& database, CallQueue& queue)
      : database_{database}, queue_{queue} {}

  void declare(std::string team, std::vector<DeclaredSchedule> schedules, Instant now,
               Done<Unit> done) override {
    call<Unit>(queue_, std::move(done),
               [=, this] { return database_.declare_schedules(team, schedules, now), Unit{}; });
  }
  void list(Done<std::vector<ScheduleRow>> done) override {
    call<std::vector<ScheduleRow>>(queue_, std::move(done),
                                   [this] { return database_.list_schedules(); });
  }
  void fire(DueJob due, Done<FireOutcome> done) override {
    call<FireOutcome>(queue_, std::move(done), [=, this]() -> Result<FireOutcome> {
      if (auto fault = check(due.job); !fault) return fault.error();
      return database_.fire_schedule(due);
    });
  }
  void let_go(ScheduleId schedule, std::string timing, Instant until, std::string note,
              Done<Unit> done) override {
    call<Unit>(queue_, std::move(done), [=, this] {
      return database_.let_schedule_go(schedule, timing, until, note), Unit{};
    });
  }
  void pause(ScheduleId schedule, std::string by, Instant now, Done<bool> done) override {
    call<bool>(queue_, std::move(done),
               [=, this] { return database_.pause_schedule(schedule, by, now); });
  }
  void resume(ScheduleId schedule, Instant now, Done<bool> done) override {
    call<bool>(queue_, std::move(done),
               [=, this] { return database_.resume_schedule(schedule, now); });
  }

 private:
  MemoryDatabase& database_;
  CallQueue& queue_;
};

class MemoryArtifacts final : public Artifacts {
 public:
  MemoryArtifacts(MemoryDatabase& database, CallQueue& queue)
      : database_{database}, queue_{queue} {}

  void put(ArtifactPart part, Done<bool> done) override {
    call<bool>(queue_, std::move(done), [this, part = std::move(part)]() -> Result<bool> {
      if (auto fault = check(part); !fault) return fault.error();
      return database_.put_artifact(part);
    });
  }
  void read(RunId run, std::string hash, std::uint64_t from,
            Done<std::optional<ArtifactPiece>> done) override {
    call<std::optional<ArtifactPiece>>(
        queue_, std::move(done), [=, this] { return database_.read_artifact(run, hash, from); });
  }
  void list(RunId run, std::string after, std::uint32_t limit,
            Done<std::vector<ArtifactRow>> done) override {
    call<std::vector<ArtifactRow>>(queue_, std::move(done), [=, this] {
      return database_.list_artifacts(run, after,
                                      std::min<std::size_t>(limit, limits::list_rows_max));
    });
  }
  void refer(RunId run, RunId from, std::string text, Instant now, Done<Unit> done) override {
    call<Unit>(queue_, std::move(done),
               [=, this] { return database_.refer(run, from, text, now), Unit{}; });
  }
  void token_key(Done<std::string> done) override {
    call<std::string>(queue_, std::move(done), [this] { return database_.token_key(); });
  }

 private:
  MemoryDatabase& database_;
  CallQueue& queue_;
};

class MemoryDeadLetters final : public DeadLetters {
 public:
  MemoryDeadLetters(MemoryDatabase& database, CallQueue& queue)
      : database_{database}, queue_{queue} {}

  void put(DeadLetter letter, Done<Unit> done) override {
    call<Unit>(queue_, std::move(done),
               [=, this] { return database_.put_dead_letter(letter), Unit{}; });
  }
  void list(std::uint32_t limit, std::uint64_t before,
            Done<std::vector<DeadLetter>> done) override {
    call<std::vector<DeadLetter>>(queue_, std::move(done), [=, this] {
      return database_.list_dead_letters(std::min<std::size_t>(limit, limits::list_rows_max),
                                         before);
    });
  }
  void get(std::string id, Done<std::optional<DeadLetter>> done) override {
    call<std::optional<DeadLetter>>(queue_, std::move(done),
                                    [=, this] { return database_.get_dead_letter(id); });
  }
  void remove(std::string id, Done<bool> done) override {
    call<bool>(queue_, std::move(done), [=, this] { return database_.remove_dead_letter(id); });
  }

 private:
  MemoryDatabase& database_;
  CallQueue& queue_;
};

/// The clock of its database stands for that of a server.
class MemoryPermits final : public Permits {
 public:
  MemoryPermits(MemoryDatabase& database, CallQueue& queue) : database_{database}, queue_{queue} {}

  void exchange(PermitAsk ask, Done<PermitAnswer> done) override {
    call<PermitAnswer>(queue_, std::move(done), [this, ask = std::move(ask)] {
      return database_.exchange_permits(ask, server_time());
    });
  }
  void list(Done<std::vector<LimitRow>> done) override {
    call<std::vector<LimitRow>>(queue_, std::move(done),
                                [this] { return database_.list_limits(server_time()); });
  }

 private:
  static Millis server_time() {
    return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now().time_since_epoch());
  }

  MemoryDatabase& database_;
  CallQueue& queue_;
};

} // namespace

struct MemoryStore::Impl {
  explicit Impl(std::shared_ptr<MemoryDatabase> shared) : database{std::move(shared)} {}

  std::shared_ptr<MemoryDatabase> database;
  CallQueue queue;
  MemoryJournal journal{*database, queue};
  MemoryJobStore jobs{*database, queue};
  MemoryMembership membership{*database, queue};
  MemoryRetention retention{*database, queue};
  MemorySchedules schedules{*database, queue};
  MemoryArtifacts artifacts{*database, queue};
  MemoryDeadLetters dead_letters{*database, queue};
  MemoryPermits permits{*database, queue};
  std::jthread thread;
};

MemoryStore::MemoryStore(std::shared_ptr<MemoryDatabase> database, Delivery delivery)
    : impl_{std::make_unique<Impl>(std::move(database))} {
  if (delivery == Delivery::thread)
    impl_->thread =
        std::jthread{[impl = impl_.get()](std::stop_token stop) { impl->queue.run_until(stop); }};
}

MemoryStore::~MemoryStore() {
  if (impl_->thread.joinable()) {
    impl_->thread.request_stop();
    impl_->thread.join();
  }
  impl_->queue.close();
}

Journal& MemoryStore::journal() { return impl_->journal; }
JobStore& MemoryStore::jobs() { return impl_->jobs; }
Membership& MemoryStore::membership() { return impl_->membership; }
Retention& MemoryStore::retention() { return impl_->retention; }
Schedules& MemoryStore::schedules() { return impl_->schedules; }
Artifacts& MemoryStore::artifacts() { return impl_->artifacts; }
DeadLetters& MemoryStore::dead_letters() { return impl_->dead_letters; }
Permits& MemoryStore::permits() { return impl_->permits; }

std::size_t MemoryStore::deliver() {
  std::size_t calls = 0;
  while (impl_->queue.run_one()) ++calls;
  return calls;
}

} // namespace troupe::store
