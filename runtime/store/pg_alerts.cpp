// PgJobStore::accept_alerts: one call of a function, so one transaction.
#include "runtime/store/pg_job_store.hpp"
#include "runtime/store/refusals.hpp"

namespace troupe::store {

using namespace ports;

namespace {

constexpr PgStatement accept_alert_events{
    "accept_alert_events",
    "SELECT accepted, jobs, started, signalled FROM accept_alerts("
    "$16::text, $17::text, $18::text, $19::timestamptz, $20::text[], $21::text[], $22::text[],"
    " $23::text[], $24::text[], $25::text[], " TROUPE_NEW_JOB ", $15::boolean)"};

void put_events(PgParams& params, const AlertBatch& batch) {
  auto ids = PgArray::of_texts(), fingerprints = PgArray::of_texts(),
       statuses = PgArray::of_texts(), starts = PgArray::of_texts(), bodies = PgArray::of_texts(),
       signals = PgArray::of_texts();
  for (const auto& event : batch.events) {
    ids.add(std::string_view{alert_identity(batch, event)});
    fingerprints.add(std::string_view{event.fingerprint});
    statuses.add(std::string_view{event.status});
    starts.add(std::string_view{event.starts_at});
    bodies.add(std::string_view{event.body.text});
    signals.add(std::string_view{signal_body(event)});
  }
  params.text(identity({batch.receiver, batch.group_key}));
  params.text(batch.receiver).text(batch.group_key).instant(batch.at);
  params.array(ids).array(fingerprints).array(statuses).array(starts).array(bodies).array(signals);
}

AlertReceipt receipt_of(const PgRows& rows, std::size_t events) {
  AlertReceipt receipt;
  receipt.accepted = static_cast<std::uint32_t>(rows.integer(0, 0));
  receipt.duplicates = static_cast<std::uint32_t>(events) - receipt.accepted;
  receipt.jobs = rows.ids<JobId>(0, 1);
  if (!rows.is_null(0, 2)) receipt.started = rows.id<RunId>(0, 2);
  if (!rows.is_null(0, 3)) receipt.signalled = {rows.id<RunId>(0, 3)};
  return receipt;
}

} // namespace

void PgJobStore::accept_alerts(AlertBatch batch, Done<AlertReceipt> done) {
  writes_.call<AlertReceipt>(std::move(done),
                             [this, batch = std::move(batch)](auto& connection, auto deadline) {
                               return try_accept(connection, batch, deadline);
                             });
}

PgAttempt<AlertReceipt> PgJobStore::try_accept(PgConnection& connection, const AlertBatch& batch,
                                               Deadline deadline) {
  if (auto fault = check(batch); !fault) return fault.error();
  const auto free = room(connection, deadline);
  if (const auto* fault = std::get_if<PgFault>(&free)) return *fault;
  PgParams params;
  put_job(params, batch.job_if_needed ? &*batch.job_if_needed : nullptr);
  params.boolean(std::get<std::size_t>(free) > 0);
  put_events(params, batch);
  const auto answer = connection.run(accept_alert_events, params, deadline);
  if (!answer.ok()) {
    if (answer.fault->sqlstate == "TR001") return jobs_are_full(open_jobs_max_);
    if (answer.fault->sqlstate == "TR002")
      return key_is_taken(batch.job_if_needed->idempotency_key);
    return *answer.fault;
  }
  const auto receipt = receipt_of(answer.rows, batch.events.size());
  if (receipt.started) ++open_jobs_;
  return receipt;
}

} // namespace troupe::store
