// Port: jobs, runs, their inbox, incidents and pinned documents. Postgres and memory, one
// conformance suite.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/ids.hpp"
#include "runtime/json_text.hpp"
#include "runtime/labels.hpp"
#include "runtime/message/agent_message.hpp"
#include "runtime/ports/journal.hpp"
#include "runtime/ports/lane.hpp"
#include "runtime/result.hpp"

namespace troupe::ports {

/// A job, its run and the run's first append: one write.
struct NewJob {
  JobId id;
  RunId run;
  std::string idempotency_key; // empty: none
  std::string
      request_digest; // sha256 of what was asked; the same key with another digest is refused
  std::string team;
  std::string title;
  message::Priority priority = message::Priority::normal;
  std::string source; // "alertmanager", "cli", "http"
  std::string bundle; // hash of the pinned document that the run executes
  JsonText inputs;
  Instant at{};
  AppendId append;  // of seq 0
  std::string body; // of seq 0
  Labels labels;    // have been checked
  /// Has the run from the start, as if it had claimed it, unless it is fenced. Nothing: whoever
  /// claims it. For submit.
  std::optional<IncarnationId> owner{};
  /// The run whose child the new one is: what its job has of labels that the new job has not, and
  /// what the first append names of its artifacts, are the new one's too. For submit.
  std::optional<RunId> parent{};

  Lane lane() const { return {priority, team}; }
};

/// A further run of a job that is there, and its first append: one write. What that names of the
/// artifacts of the job's other runs is the new one's too.
struct NewRun {
  JobId job;
  RunId id;
  std::string bundle;
  Instant at{};
  AppendId append;  // of seq 0
  std::string body; // of seq 0
};

struct Submitted {
  JobId job;
  RunId run;
  bool duplicate = false; // the idempotency key was known: ids of the first
  bool owned = false;     // the owner that the new job names has its run
};

/// One alert of a webhook body. Its identity is (receiver, group_key, fingerprint, status,
/// starts_at).
struct AlertEvent {
  std::string fingerprint;
  std::string status; // firing | resolved
  std::string starts_at;
  JsonText body;
};

struct AlertBatch {
  std::string receiver;
  std::string group_key;
  std::vector<AlertEvent> events;
  /// Started if a new firing event finds no open incident of this (receiver, group_key). Nothing:
  /// no route takes the group; its events are recorded all the same.
  std::optional<NewJob> job_if_needed;
  Instant at{}; // when it came
};

struct AlertReceipt {
  std::uint32_t accepted = 0;
  std::uint32_t duplicates = 0;
  std::vector<JobId> jobs;      // every job the body concerns, also when all were duplicates
  std::optional<RunId> started; // the run of a new job
  std::vector<RunId> signalled; // open runs that got a signal
};

struct InboxRow {
  std::string id;
  std::string
      kind;      // signal | cancel | approval | kill | pause | resume | skip_wait | resolve | child
  JsonText body; // signal: {"name":..,"body":..}
  Instant at{};
  std::uint64_t place = 0; // the store's: rises in the order of arrival in its run
};

struct JobRow {
  JobId id;
  std::string team, title, source, idempotency_key;
  message::Priority priority = message::Priority::normal;
  RunState state = RunState::running;
  std::string reason;
  Instant created_at{};
  std::optional<Instant> finished_at;
  JsonText inputs;
  std::vector<RunId> runs; // newest first
  Labels labels{};
};

struct RunRow {
  RunId id;
  JobId job;
  std::string bundle;
  RunState state = RunState::running;
  std::string reason;
  std::optional<IncarnationId> owner;
  std::string owner_node; // its name, while owned
  Instant created_at{};
  std::optional<Instant> finished_at;
  bool parked = false;            // nobody owns it until it is due or something is in its inbox
  std::optional<Instant> wake_at; // when it is due; nothing while parked: only its inbox wakes it
  bool archived = false;          // its journal is in the archive, and read from there
  Lane lane{};
  Labels labels{}; // of its job; not told by claim
};

enum class ParkOutcome : std::uint8_t {
  parked,        // nobody owns it any more: drop it
  inbox_waiting, // nothing changed: its inbox holds rows that no decision has taken
  not_owner,     // nothing changed: it is another's, or has ended. Drop it
};

struct JobFilter {
  std::string team{}; // empty: any
  std::optional<RunState> state{};
  std::uint32_t limit = 50;      // at most 1000
  std::optional<JobId> before{}; // page: older than this one
  Labels labels{};               // each of them
};

/// All calls: never block, `done` runs exactly once on a thread of the store. Errors of every call:
/// internal: the store cannot be reached, or is closing (said after limits::store_call_timeout); a
/// write may or may not have happened, and is safe to repeat with the same arguments. no_capacity:
/// limits::store_calls_max calls wait already (this may be said on the caller's own thread).
/// invalid_input: a text is not UTF-8 or holds NUL, a key is longer than
/// limits::store_key_bytes_max.
class JobStore {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;

  virtual ~JobStore() = default;

  /// Submissions queued at the same moment share a commit. invalid_input: the idempotency key was
  /// used for another request. no_capacity: runs that are not parked have reached
  /// limits::open_jobs_max, or those of the job's lane its share of them (each node counts about
  /// once a second, so several together may overshoot a little).
  virtual void submit(NewJob job, Done<Submitted> done) = 0;

  /// Adds a run to its job, which then runs again. False: the run was there already. invalid_input:
  /// no such job.
  virtual void add_run(NewRun run, Done<bool> done) = 0;

  /// One transaction; answered after its commit. Every new event of an open incident reaches its
  /// run as a signal named by its status, whose inbox id is derived from the event. no_capacity as
  /// above; then nothing is recorded.
  virtual void accept_alerts(AlertBatch batch, Done<AlertReceipt> done) = 0;

  /// Records a signal, a cancel or a decision for a run, which it wakes if it is parked; each id
  /// once in the run's life. Rows posted at the same moment share a commit, and keep their order.
  /// False: the id was there already, taken or not. invalid_input: no such run, or it has ended.
  virtual void post_inbox(RunId run, InboxRow row, Done<bool> done) = 0;
  /// What no decision has taken yet, in the order of arrival: at most `limit` rows, with places
  /// beyond `after` (0: from the first), so that the place of the last row seen is a cursor.
  virtual void read_inbox(RunId run, std::uint64_t after, std::uint32_t limit,
                          Done<std::vector<InboxRow>> done) = 0;
  /// Runs of `owner` whose inbox holds something, limits::list_rows_max at most.
  virtual void inboxes_waiting(IncarnationId owner, Done<std::vector<RunId>> done) = 0;

  /// Takes up to `limit` unfinished runs that nobody owns, or whose owner is fenced, or that are
  /// parked until `now` or earlier: by priority, then round robin over teams, the oldest of each
  /// first, skipping rows that another node is claiming; none of the lanes `full`. Empty if `owner`
  /// is fenced or never joined. Runs that a call took whose answer was lost, a submission among
  /// them, come back with the next call of the same owner, also those of `full`.
  virtual void claim(IncarnationId owner, std::uint32_t limit, Instant now, std::vector<Lane> full,
                     Done<std::vector<RunRow>> done) = 0;
  /// Gives a run up, if `owner` still has it.
  virtual void release(RunId run, IncarnationId owner, Done<Unit> done) = 0;

  /// Gives a run up until `wake_at` (nothing: until something is in its inbox). Requires that no
  /// append of it is under way. Runs parked at the same moment share a commit.
  virtual void park(RunId run, IncarnationId owner, std::optional<Instant> wake_at,
                    Done<ParkOutcome> done) = 0;
  /// When the first parked run is due, if that is by `horizon`; a time that is past says that some
  /// wait to be claimed.
  virtual void next_due(Instant horizon, Done<std::optional<Instant>> done) = 0;

  /// Content-addressed: the hash is sha256 in hex of `body` (else invalid_input). Storing it again
  /// changes nothing.
  virtual void put_document(std::string hash, std::string kind, std::string body,
                            Done<Unit> done) = 0;
  /// invalid_input: no such document.
  virtual void get_document(std::string hash, Done<std::string> done) = 0;

  virtual void list_jobs(JobFilter filter, Done<std::vector<JobRow>> done) = 0; // newest first
  virtual void get_job(JobId id, Done<std::optional<JobRow>> done) = 0;
  virtual void list_runs(JobFilter filter,
                         Done<std::vector<RunRow>> done) = 0; // `before` is ignored
  /// Unfinished runs that asked for an approval at some time, newest first, at most `limit` (and
  /// limits::list_rows_max). Some may wait for none any more: their fold tells.
  virtual void asking_runs(std::uint32_t limit, Done<std::vector<RunRow>> done) = 0;
  virtual void get_run(RunId id, Done<std::optional<RunRow>> done) = 0;
};

} // namespace troupe::ports
