#include "runtime/store/pg_job_store.hpp"

#include <algorithm>
#include <utility>

#include "runtime/store/pg_rows.hpp"
#include "runtime/store/refusals.hpp"

namespace troupe::store {

using namespace ports;
using namespace std::chrono_literals;

namespace {

constexpr PgStatement claim_runs{
    "claim_runs",
    "SELECT " TROUPE_RUN_COLUMNS
    " FROM claim_runs($1::uuid, $2::uuid, $3::uuid[], $4::integer, $5::text[], $6::timestamptz,"
    "                 $7::bigint[], $8::text[]) AS r"};

constexpr PgStatement release_run{
    "release_run",
    "UPDATE runs SET owner = NULL, claim = NULL WHERE id = $1::uuid AND owner = $2::uuid"};

constexpr PgStatement insert_document{
    "insert_document",
    "INSERT INTO documents (hash, kind, body) VALUES ($1::text, $2::text, $3::text)"
    " ON CONFLICT DO NOTHING"};

} // namespace

void put_job(PgParams& params, const NewJob& job) {
  params.id(job.id).id(job.run).text(job.idempotency_key).text(job.request_digest);
  params.text(job.team).text(job.title).number(static_cast<std::int32_t>(job.priority));
  params.text(job.source).text(job.bundle).text(job.inputs.text).instant(job.at);
  params.id(job.append).text(job.body).text(to_json(job.labels));
}

void PgJobStore::claim(IncarnationId owner, std::uint32_t limit, Instant now,
                       std::vector<Lane> full, Done<std::vector<RunRow>> done) {
  claims_.call<std::vector<RunRow>>(
      std::move(done), [=, this, full = std::move(full)](auto& connection, auto deadline) {
        return try_claim(connection, owner, limit, now, full, deadline);
      });
}

PgAttempt<std::vector<RunRow>> PgJobStore::try_claim(PgConnection& connection, IncarnationId owner,
                                                     std::uint32_t limit, Instant now,
                                                     const std::vector<Lane>& full,
                                                     Deadline deadline) {
  std::unique_lock lock{mutex_};
  if (claimer_ && claimer_ != owner) unanswered_.clear(); // one that is over claims no more
  claimer_ = owner;
  const auto lost = unanswered_;
  lock.unlock();
  const auto call = new_call();
  auto unanswered = PgArray::of_uuids();
  for (const auto& one : lost) unanswered.add(one);
  auto served_last = PgArray::of_texts();
  for (const auto& team : served_last_) served_last.add(std::string_view{team});
  PgParams params;
  params.id(owner).id(call).array(unanswered);
  params.number(static_cast<std::int32_t>(std::min<std::uint32_t>(limit, limits::list_rows_max)));
  params.array(served_last).instant(now);
  auto full_priorities = PgArray::of_integers(), full_teams = PgArray::of_texts();
  for (const auto& lane : full) {
    full_priorities.add(static_cast<std::uint64_t>(lane.priority));
    full_teams.add(std::string_view{lane.team});
  }
  params.array(full_priorities).array(full_teams);

  const auto answer = connection.run(claim_runs, params, deadline);
  if (!answer.ok()) {
    not_answered(call);
    return *answer.fault;
  }
  lock.lock();
  unanswered_.erase(unanswered_.begin(), unanswered_.begin() + static_cast<long>(lost.size()));
  lock.unlock();
  std::vector<RunRow> runs;
  for (std::size_t i = 0; i < answer.rows.size(); ++i) {
    runs.push_back(run_row(answer.rows, i));
    const auto& lane = runs.back().lane;
    served_last_.at(static_cast<std::size_t>(lane.priority)) = lane.team;
  }
  return runs;
}

Id<PgJobStore::ClaimCall> PgJobStore::new_call() {
  thread_local SystemEntropy entropy;
  return entropy.make_id<Id<ClaimCall>>(SystemClock{}.now());
}

void PgJobStore::not_answered(Id<ClaimCall> call) {
  const std::lock_guard lock{mutex_};
  unanswered_.push_back(call);
}

void PgJobStore::release(RunId run, IncarnationId owner, Done<Unit> done) {
  claims_.call<Unit>(std::move(done), [=](auto& connection, auto deadline) -> PgAttempt<Unit> {
    const auto answer = connection.run(release_run, PgParams{}.id(run).id(owner), deadline);
    if (!answer.ok()) return *answer.fault;
    return Unit{};
  });
}

void PgJobStore::put_document(std::string hash, std::string kind, std::string body,
                              Done<Unit> done) {
  writes_.call<Unit>(std::move(done),
                     [hash = std::move(hash), kind = std::move(kind), body = std::move(body)](
                         auto& connection, auto deadline) -> PgAttempt<Unit> {
                       if (auto fault = check_document(hash, kind, body); !fault)
                         return fault.error();
                       const auto answer = connection.run(
                           insert_document, PgParams{}.text(hash).text(kind).text(body), deadline);
                       if (!answer.ok()) return *answer.fault;
                       return Unit{};
                     });
}

} // namespace troupe::store
