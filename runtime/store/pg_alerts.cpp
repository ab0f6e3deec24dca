// Bodies of Alertmanager: those that are queued at the same moment are one statement, as far as
// they are of different groups and nobody else is at them.
#include <algorithm>
#include <map>

#include "runtime/store/pg_job_store.hpp"
#include "runtime/store/refusals.hpp"

namespace troupe::store {

using namespace ports;

namespace {

constexpr PgStatement accept_bodies{
    "accept_alert_bodies",
    "SELECT accepted, jobs, started, signalled, outcome FROM accept_alert_bodies("
    "$1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::uuid[], $6::uuid[], $7::text[],"
    " $8::text[], $9::text[], $10::text[], $11::bigint[], $12::text[], $13::text[], $14::text[],"
    " $15::timestamptz[], $16::uuid[], $17::text[], $18::text[], $19::bigint[], $20::text[],"
    " $21::text[], $22::text[], $23::text[], $24::text[], $25::text[], $26::bigint, $27::boolean)"};

/// The events of bodies, and of which body each is, counted from 1.
struct Events {
  PgArray of_post = PgArray::of_integers(), ids = PgArray::of_texts(),
          fingerprints = PgArray::of_texts(), statuses = PgArray::of_texts(),
          starts = PgArray::of_texts(), bodies = PgArray::of_texts(), signals = PgArray::of_texts();

  void add(const AlertBatch& batch, std::uint64_t post) {
    for (const auto& event : batch.events) {
      of_post.add(post);
      ids.add(std::string_view{alert_identity(batch, event)});
      fingerprints.add(std::string_view{event.fingerprint});
      statuses.add(std::string_view{event.status});
      starts.add(std::string_view{event.starts_at});
      bodies.add(std::string_view{event.body.text});
      signals.add(std::string_view{signal_body(event)});
    }
  }
  void put(PgParams& params) const {
    params.array(of_post)
        .array(ids)
        .array(fingerprints)
        .array(statuses)
        .array(starts)
        .array(bodies);
    params.array(signals);
  }
};

std::string group_of(const AlertBatch& batch) {
  return identity({batch.receiver, batch.group_key});
}

void put_groups(PgParams& params, const std::vector<const AlertBatch*>& batches) {
  auto groups = PgArray::of_texts(), receivers = PgArray::of_texts(), keys = PgArray::of_texts(),
       instants = PgArray::of_instants();
  for (const auto* batch : batches) {
    groups.add(std::string_view{group_of(*batch)});
    receivers.add(std::string_view{batch->receiver});
    keys.add(std::string_view{batch->group_key});
    instants.add(batch->at);
  }
  params.array(groups).array(receivers).array(keys).array(instants);
}

AlertReceipt receipt_of(const PgRows& rows, std::size_t row, std::size_t events) {
  AlertReceipt receipt;
  receipt.accepted = static_cast<std::uint32_t>(rows.integer(row, 0));
  receipt.duplicates = static_cast<std::uint32_t>(events) - receipt.accepted;
  receipt.jobs = rows.ids<JobId>(row, 1);
  if (!rows.is_null(row, 2)) receipt.started = rows.id<RunId>(row, 2);
  if (!rows.is_null(row, 3)) receipt.signalled = {rows.id<RunId>(row, 3)};
  return receipt;
}

/// The n-th bodies of their groups together, so that those of one group keep their order.
std::vector<std::vector<std::size_t>> rounds_of(const std::vector<AlertBatch>& batches) {
  std::vector<std::vector<std::size_t>> rounds;
  std::map<std::string, std::size_t> met; // how often, by group
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const auto round = met[group_of(batches[i])]++;
    if (round == rounds.size()) rounds.emplace_back();
    rounds[round].push_back(i);
  }
  return rounds;
}

/// Null where no route takes the group.
std::vector<const NewJob*> jobs_of(const std::vector<AlertBatch>& batches,
                                   const std::vector<std::size_t>& round) {
  std::vector<const NewJob*> jobs;
  for (const auto i : round)
    jobs.push_back(batches[i].job_if_needed ? &*batches[i].job_if_needed : nullptr);
  return jobs;
}

PgParams params_of(const std::vector<AlertBatch>& batches, const std::vector<std::size_t>& round) {
  static const NewJob none;
  std::vector<const AlertBatch*> chosen;
  auto jobs = jobs_of(batches, round);
  std::ranges::replace(jobs, nullptr, &none);
  Events events;
  for (const auto i : round) {
    chosen.push_back(&batches[i]);
    events.add(batches[i], chosen.size());
  }
  PgParams params;
  put_groups(params, chosen);
  put_jobs(params, jobs);
  events.put(params);
  return params;
}

} // namespace

void PgJobStore::accept_alerts(AlertBatch batch, Done<AlertReceipt> done) {
  if (const auto checked = check(batch); !checked)
    return writes_.call<AlertReceipt>(std::move(done),
                                      [fault = checked.error()](auto&, auto) { return fault; });
  alerts_.call(std::move(batch), std::move(done));
}

PgAttempt<PgJobStore::Alerts::Answers> PgJobStore::try_accept(PgConnection& connection,
                                                              const Alerts::Asks& batches,
                                                              Deadline deadline) {
  Alerts::Answers answers(batches.size(), AlertReceipt{});
  for (auto round : rounds_of(batches)) {
    // Who is at a group or its run is so for the time of a commit: those that are left are asked
    // for together again, as long as that gets on.
    for (std::size_t before = 0; round.size() > 1 && round.size() != before;) {
      before = round.size();
      if (const auto fault = accept_round(connection, batches, round, answers, deadline))
        return *fault;
    }
    for (const auto i : round) { // what is left of it
      std::vector<std::size_t> alone{i};
      if (const auto fault = accept_round(connection, batches, alone, answers, deadline))
        return *fault;
    }
  }
  return answers;
}

/// Leaves in `round` those that have to be asked for one by one: that waits for whoever is at them,
/// and finds out whether those for whose jobs there is no room need one. Of one alone none.
std::optional<PgFault> PgJobStore::accept_round(PgConnection& connection,
                                                const Alerts::Asks& batches,
                                                std::vector<std::size_t>& round,
                                                Alerts::Answers& answers, Deadline deadline) {
  if (auto fault = open_jobs_.refresh(connection, deadline)) return fault;
  const bool alone = round.size() == 1;
  const auto admitted = open_jobs_.admit(jobs_of(batches, round));
  std::vector<std::size_t> asked, left;
  for (std::size_t k = 0; k < round.size(); ++k)
    (alone || admitted[k] ? asked : left).push_back(round[k]);
  round = std::move(left);
  if (asked.empty()) return std::nullopt;
  auto params = params_of(batches, asked);
  params.integer(alone && !admitted[0] ? 0 : asked.size()).boolean(alone);
  const auto answer = connection.run(accept_bodies, params, deadline);
  if (!answer.ok()) {
    const bool full = answer.fault->sqlstate == "TR001", taken = answer.fault->sqlstate == "TR002";
    if (!full && !taken) return answer.fault;
    if (!alone) {
      round.insert(round.end(), asked.begin(), asked.end());
      return std::nullopt;
    }
    const auto& job = *batches[asked[0]].job_if_needed;
    answers[asked[0]] = full ? open_jobs_.refusal(job.lane()) : key_is_taken(job.idempotency_key);
    return std::nullopt;
  }
  for (std::size_t row = 0; row < asked.size(); ++row) {
    const auto& batch = batches[asked[row]];
    if (answer.rows.text(row, 4) == "locked") {
      round.push_back(asked[row]);
      continue;
    }
    const auto receipt = receipt_of(answer.rows, row, batch.events.size());
    if (receipt.started) open_jobs_.opened(batch.job_if_needed->lane());
    answers[asked[row]] = receipt;
  }
  return std::nullopt;
}

} // namespace troupe::store
