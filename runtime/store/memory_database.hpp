// Tables of the memory store and the rules that Postgres keeps by statements and functions
// (schema/*.sql). Each member function is one transaction.
#pragma once
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/lane_shares.hpp"
#include "runtime/ports/artifacts.hpp"
#include "runtime/ports/dead_letters.hpp"
#include "runtime/ports/job_store.hpp"
#include "runtime/ports/journal.hpp"
#include "runtime/ports/membership.hpp"
#include "runtime/ports/retention.hpp"
#include "runtime/ports/schedules.hpp"
#include "runtime/store/permit_ledger.hpp"

namespace troupe::store {

/// What an append is held to. The simulation takes one away, to show that it would notice.
struct AppendChecks {
  bool owner_stands = true;
  bool inbox_first = true; // no end while the inbox holds what the decision has not taken
  bool takes_inbox_rows = true;
};

/// Thread-safe. Texts have been checked (texts.hpp).
class MemoryDatabase {
 public:
  explicit MemoryDatabase(std::size_t open_jobs_max) : open_jobs_{open_jobs_max} {}

  // journal
  ports::AppendOutcome append(const ports::Append& append, AppendChecks checks = {});
  std::vector<ports::JournalRow> read(RunId run, Seq from, std::size_t limit);
  ports::FoldPage read_fold(RunId run);
  void put_snapshot(RunId run, IncarnationId owner, const ports::Snapshot& snapshot);

  // jobs
  Result<ports::Submitted> submit(const ports::NewJob& job);
  Result<bool> add_run(const ports::NewRun& run);
  Result<ports::AlertReceipt> accept_alerts(const ports::AlertBatch& batch);
  Result<bool> post_inbox(RunId run, const ports::InboxRow& row);
  std::vector<ports::InboxRow> read_inbox(RunId run, std::uint64_t after, std::size_t limit);
  std::vector<RunId> inboxes_waiting(IncarnationId owner);
  /// `after`: the team served last, by priority; moved on.
  std::vector<ports::RunRow> claim(IncarnationId owner, std::size_t limit, Instant now,
                                   const std::vector<ports::Lane>& full,
                                   std::map<message::Priority, std::string>& after);
  void release(RunId run, IncarnationId owner);
  ports::ParkOutcome park(RunId run, IncarnationId owner, std::optional<Instant> wake_at);
  std::optional<Instant> next_due(Instant horizon);
  void put_document(const std::string& hash, const std::string& body);
  Result<std::string> get_document(const std::string& hash);
  std::vector<ports::JobRow> list_jobs(const ports::JobFilter& filter);
  std::optional<ports::JobRow> get_job(JobId id);
  std::vector<ports::RunRow> list_runs(const ports::JobFilter& filter);
  std::vector<ports::RunRow> asking_runs(std::size_t limit);
  std::optional<ports::RunRow> get_run(RunId id);

  // schedules
  void declare_schedules(const std::string& team,
                         const std::vector<ports::DeclaredSchedule>& declared, Instant now);
  std::vector<ports::ScheduleRow> list_schedules();
  Result<ports::FireOutcome> fire_schedule(const ports::DueJob& due);
  void let_schedule_go(const ports::ScheduleId& schedule, const std::string& timing, Instant until,
                       const std::string& note);
  Result<bool> pause_schedule(const ports::ScheduleId& schedule, const std::string& by,
                              Instant now);
  Result<bool> resume_schedule(const ports::ScheduleId& schedule, Instant now);

  // artifacts; parts have been checked (artifact_pieces.hpp)
  Result<bool> put_artifact(const ports::ArtifactPart& part);
  std::optional<ports::ArtifactPiece> read_artifact(RunId run, const std::string& hash,
                                                    std::uint64_t from);
  std::vector<ports::ArtifactRow> list_artifacts(RunId run, const std::string& after,
                                                 std::size_t limit);
  void refer(RunId run, RunId from, const std::string& text, Instant now);
  std::string token_key();

  // dead letters
  void put_dead_letter(const ports::DeadLetter& letter);
  std::vector<ports::DeadLetter> list_dead_letters(std::size_t limit, std::uint64_t before);
  std::optional<ports::DeadLetter> get_dead_letter(const std::string& id);
  bool remove_dead_letter(const std::string& id);

  // retention
  ports::RetentionReport retain(const std::vector<ports::RetentionRule>& rules, Instant now,
                                std::uint32_t limit);

  // permits; `now` is of the database's own clock
  ports::PermitAnswer exchange_permits(const ports::PermitAsk& ask, Millis now);
  std::vector<ports::LimitRow> list_limits(Millis now);

  // membership
  Result<> join(const ports::NodeRegistration& node);
  bool renew(IncarnationId incarnation, bool bus_up);
  std::vector<ports::PeerRow> peers();
  bool fence(IncarnationId incarnation, std::uint64_t seen_beat);
  void leave(IncarnationId incarnation);

 private:
  struct InboxEntry {
    ports::InboxRow row;
    bool taken = false;
  };
  struct Run {
    ports::RunRow row;
    std::string group; // of the open incident that it works on; empty: none
    std::vector<InboxEntry> inbox;
  };
  struct Job {
    ports::JobRow row;
    std::string digest;
  };
  struct Alert {
    ports::AlertEvent event;
    std::string group;
    std::optional<JobId> job;
    std::size_t place = 0; // in the order of arrival
  };
  struct Upload {
    std::uint64_t bytes = 0; // of the whole
    Instant touched{};
    std::map<std::uint64_t, std::string> pieces;
  };
  struct Artifact {
    std::uint64_t bytes = 0;
    std::string type;
    std::map<std::uint64_t, std::string> pieces;
  };

  std::vector<ports::JournalRow> rows_of(RunId run, Seq from, std::size_t limit) const;
  bool may_write(IncarnationId incarnation) const;
  bool is_free(const Run& run) const;
  static bool has_waiting(const Run& run);
  /// Into an inbox, which wakes a parked run.
  void put(Run& run, ports::InboxRow row);
  void wake(Run& run);
  void purge(JobId job);
  ports::RunRow shown(const Run& run) const;
  bool has_room_for_artifact(RunId run, std::uint64_t more) const;
  void refer_locked(RunId run, RunId from, const std::string& text, Instant now);
  std::uint32_t drop_artifacts(Instant now, std::uint32_t limit);
  void end(Run& run, const ports::RunEnd& end, Instant at);
  void insert(const ports::NewJob& job);
  /// The identities of the batch's events that were not known; they are now.
  std::vector<std::string> record(const ports::AlertBatch& batch, const std::string& group);
  Result<> start_incident(const ports::AlertBatch& batch, const std::string& group);
  std::optional<JobId> last_firing(const std::string& group, const std::string& fingerprint) const;

  std::mutex mutex_;
  LaneShares open_jobs_; // of runs that are neither ended nor parked
  std::map<IncarnationId, ports::PeerRow> nodes_;
  std::map<JobId, Job> jobs_;
  std::map<std::pair<std::string, std::string>, JobId> keys_; // (team, idempotency key)
  std::map<RunId, Run> runs_;
  std::unordered_map<RunId, std::map<Seq, ports::JournalRow>> journal_;
  std::map<RunId, ports::Snapshot> snapshots_;
  std::unordered_map<std::string, std::string> documents_;
  std::unordered_map<std::string, RunId> incidents_; // open ones, by group
  std::map<std::string, Alert> alerts_;              // by identity
  std::map<ports::ScheduleId, ports::ScheduleRow> schedules_;
  std::map<std::pair<std::string, std::string>, Upload> uploads_; // by hash and uploader
  std::map<std::string, Artifact> artifacts_;                     // by hash
  std::map<RunId, std::map<std::string, Instant>> artifact_refs_; // since when
  std::string token_key_;
  std::deque<ports::DeadLetter> dead_letters_; // in the order of arrival
  std::uint64_t dead_letter_place_ = 0;
  PermitLedger permits_;
  std::uint64_t last_place_ = 0;
};

} // namespace troupe::store
