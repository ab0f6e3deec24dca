// Jobs, runs, inboxes and documents on Postgres. What comes in, what owners take and give back, and
// lists have a connection each, so that none delays another.
#pragma once
#include <array>
#include <mutex>
#include <vector>

#include "runtime/ports/job_store.hpp"
#include "runtime/store/pg_batch.hpp"
#include "runtime/store/pg_open_jobs.hpp"
#include "runtime/store/texts.hpp"

namespace troupe::store {

class PgJobStore final : public ports::JobStore {
 public:
  /// `open_jobs` is for the thread of `writes`; `claims` carries claims, releases and parks.
  PgJobStore(PgWorker& writes, PgWorker& claims, PgWorker& reads, PgOpenJobs& open_jobs)
      : writes_{writes}, claims_{claims}, reads_{reads}, open_jobs_{open_jobs} {}

  void submit(ports::NewJob job, Done<ports::Submitted> done) override;
  void add_run(ports::NewRun run, Done<bool> done) override;
  void accept_alerts(ports::AlertBatch batch, Done<ports::AlertReceipt> done) override;
  void post_inbox(RunId run, ports::InboxRow row, Done<bool> done) override;
  void read_inbox(RunId run, std::uint64_t after, std::uint32_t limit,
                  Done<std::vector<ports::InboxRow>> done) override;
  void inboxes_waiting(IncarnationId owner, Done<std::vector<RunId>> done) override;
  void claim(IncarnationId owner, std::uint32_t limit, Instant now, std::vector<ports::Lane> full,
             Done<std::vector<ports::RunRow>> done) override;
  void release(RunId run, IncarnationId owner, Done<Unit> done) override;
  void park(RunId run, IncarnationId owner, std::optional<Instant> wake_at,
            Done<ports::ParkOutcome> done) override;
  void next_due(Instant horizon, Done<std::optional<Instant>> done) override;
  void put_document(std::string hash, std::string kind, std::string body, Done<Unit> done) override;
  void get_document(std::string hash, Done<std::string> done) override;
  void list_jobs(ports::JobFilter filter, Done<std::vector<ports::JobRow>> done) override;
  void get_job(JobId id, Done<std::optional<ports::JobRow>> done) override;
  void list_runs(ports::JobFilter filter, Done<std::vector<ports::RunRow>> done) override;
  void asking_runs(std::uint32_t limit, Done<std::vector<ports::RunRow>> done) override;
  void get_run(RunId id, Done<std::optional<ports::RunRow>> done) override;

 private:
  struct ClaimCall; // names one try of claim; any 16 bytes
  PgAttempt<std::vector<ports::RunRow>> try_claim(PgConnection& connection, IncarnationId owner,
                                                  std::uint32_t limit, Instant now,
                                                  const std::vector<ports::Lane>& full,
                                                  Deadline deadline);

  struct Post {
    RunId run;
    ports::InboxRow row;
  };
  struct Park {
    RunId run;
    IncarnationId owner;
    Instant wake_at;
  };
  using Submissions = PgBatch<ports::NewJob, ports::Submitted>;
  using Posts = PgBatch<Post, bool>;
  using Parks = PgBatch<Park, ports::ParkOutcome>;
  using Alerts = PgBatch<ports::AlertBatch, ports::AlertReceipt>;
  PgAttempt<Alerts::Answers> try_accept(PgConnection& connection, const Alerts::Asks& batches,
                                        Deadline deadline);
  std::optional<PgFault> accept_round(PgConnection& connection, const Alerts::Asks& batches,
                                      std::vector<std::size_t>& round, Alerts::Answers& answers,
                                      Deadline deadline);
  PgAttempt<Submissions::Answers> try_submit(PgConnection& connection,
                                             const Submissions::Asks& jobs, Deadline deadline);
  /// Fills in the answers for jobs that were there, or found no room.
  std::optional<PgFault> find_others(PgConnection& connection, const Submissions::Asks& jobs,
                                     const std::vector<std::size_t>& others,
                                     Submissions::Answers& answers, Deadline deadline) const;
  static PgAttempt<Posts::Answers> try_post(PgConnection& connection, const Posts::Asks& posts,
                                            Deadline deadline, bool repeated);
  static PgAttempt<Parks::Answers> try_park(PgConnection& connection, const Parks::Asks& parks,
                                            Deadline deadline, bool repeated);

  PgWorker& writes_;
  PgWorker& claims_;
  PgWorker& reads_;
  PgOpenJobs& open_jobs_;
  Submissions submissions_{
      writes_,
      [this](auto& connection, const auto& jobs, auto deadline, bool) {
        return try_submit(connection, jobs, deadline);
      },
      [](const ports::NewJob& job) { return job.body.size() + job.inputs.text.size(); }};
  Posts posts_{writes_, &try_post, [](const Post& post) { return post.row.body.text.size(); }};
  Parks parks_{claims_, &try_park};
  Alerts alerts_{writes_,
                 [this](auto& connection, const auto& batches, auto deadline, bool) {
                   return try_accept(connection, batches, deadline);
                 },
                 [](const ports::AlertBatch& batch) {
                   std::size_t bytes = 0;
                   for (const auto& event : batch.events) bytes += 2 * event.body.text.size();
                   return bytes;
                 }};

  /// Names one try to take runs.
  static Id<ClaimCall> new_call();
  void not_answered(Id<ClaimCall> call);

  // used by the thread of claims_ alone
  std::array<std::string, 4> served_last_; // the team, by priority
  std::optional<IncarnationId> claimer_;   // who claimed last

  std::mutex mutex_;
  std::vector<Id<ClaimCall>> unanswered_; // tries to take runs whose answer was lost
};

/// Fourteen arrays, in the order of the fields of new_job.
void put_jobs(PgParams& params, const std::vector<const ports::NewJob*>& jobs);

/// $1 to $14 of a statement that takes a new_job (schema/002_functions.sql), and how it names them.
void put_job(PgParams& params, const ports::NewJob& job);
#define TROUPE_NEW_JOB                                                                     \
  "ROW($1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::text, $7::integer::smallint," \
  " $8::text, $9::text, $10::text, $11::timestamptz, $12::uuid, $13::text, $14::text)::new_job"

} // namespace troupe::store
