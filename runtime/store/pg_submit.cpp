// Submissions: those that are queued at the same moment are one statement.
#include <algorithm>
#include <unordered_map>

#include "runtime/limits.hpp"
#include "runtime/store/pg_job_store.hpp"
#include "runtime/store/refusals.hpp"

namespace troupe::store {

using namespace ports;

namespace {

// A row of jobs decides who comes first; what belongs to it follows. In the order of their keys, so
// that two batches with the same keys wait for each other one way only.
//   owners   Who takes runs at once. FOR SHARE as in a claim: a fence comes before, or waits.
//   of_parent, shared   What a child run is given: the labels of its parent's job, and artifacts.
constexpr PgStatement insert_jobs{
    "insert_jobs",
    "WITH batch AS MATERIALIZED ("
    "  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[],"
    "                       $7::bigint[], $8::text[], $9::text[], $10::text[],"
    "                       $11::timestamptz[], $12::uuid[], $13::text[], $14::text[], $15::uuid[],"
    "                       $16::uuid[], $17::bigint[])"
    "    WITH ORDINALITY AS b (id, run, key, digest, team, title, priority, source, bundle, inputs,"
    "                          at, append, body, labels, owner, parent, admitted, n)),"
    " owners AS MATERIALIZED ("
    "  SELECT incarnation FROM nodes"
    "   WHERE incarnation IN (SELECT owner FROM batch) AND NOT fenced FOR SHARE),"
    " of_parent AS MATERIALIZED ("
    "  SELECT b.id AS child, j.labels"
    "    FROM batch b JOIN runs r ON r.id = b.parent JOIN jobs j ON j.id = r.job"
    "   WHERE b.parent <> '00000000-0000-0000-0000-000000000000'),"
    " inserted AS ("
    "  INSERT INTO jobs (id, team, title, source, priority, idempotency_key, request_digest, "
    "inputs,"
    "                    created_at, labels)"
    "  SELECT id, team, title, source, priority, nullif(key, ''), digest, inputs, at,"
    "         coalesce(p.labels, '{}') || b.labels::jsonb"
    "    FROM batch b LEFT JOIN of_parent p ON p.child = b.id"
    "   WHERE admitted = 1 ORDER BY team, key, n"
    "  ON CONFLICT DO NOTHING RETURNING id),"
    " began AS ("
    "  INSERT INTO journal (run, seq, append, at, body)"
    "  SELECT run, 0, append, at, body FROM batch JOIN inserted USING (id)),"
    " children AS (SELECT * FROM batch JOIN inserted USING (id)"
    "               WHERE parent <> '00000000-0000-0000-0000-000000000000'),"
    " shared AS ("
    "  INSERT INTO artifact_refs (run, hash, at)"
    "  SELECT DISTINCT c.run, k.hash, c.at FROM children c"
    "   CROSS JOIN LATERAL regexp_matches(c.body, 'sha256:([0-9a-f]{64})', 'g') AS m"
    "    JOIN artifact_refs k ON k.run = c.parent AND k.hash = m[1])"
    " INSERT INTO runs (id, job, team, priority, bundle, created_at, owner, claim)"
    " SELECT b.run, b.id, b.team, b.priority, b.bundle, b.at, o.incarnation,"
    "        CASE WHEN o.incarnation IS NOT NULL THEN $18::uuid END"
    "   FROM batch b JOIN inserted USING (id) LEFT JOIN owners o ON o.incarnation = b.owner"
    " RETURNING job, owner IS NOT NULL"};

// What stands in the way: the same job sent before, or an older one of its key. Nothing: there was
// no room for it.
constexpr PgStatement find_submitted{
    "find_submitted",
    "SELECT f.job, f.run, f.request_digest, f.owner = k.owner"
    "  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[])"
    "         WITH ORDINALITY AS k (id, team, key, owner, n)"
    "  LEFT JOIN LATERAL ("
    "    SELECT j.id AS job, r.id AS run, j.request_digest, r.owner"
    "      FROM jobs j JOIN runs r ON r.job = j.id"
    "     WHERE j.id = k.id OR (j.team = k.team AND j.idempotency_key = nullif(k.key, ''))"
    "     ORDER BY r.id LIMIT 1) AS f ON true"
    " ORDER BY k.n"};

} // namespace

void put_jobs(PgParams& params, const std::vector<const NewJob*>& jobs) {
  auto ids = PgArray::of_uuids(), runs = PgArray::of_uuids(), appends = PgArray::of_uuids(),
       priorities = PgArray::of_integers(), instants = PgArray::of_instants(),
       keys = PgArray::of_texts(), digests = PgArray::of_texts(), teams = PgArray::of_texts(),
       titles = PgArray::of_texts(), sources = PgArray::of_texts(), bundles = PgArray::of_texts(),
       inputs = PgArray::of_texts(), bodies = PgArray::of_texts(), labels = PgArray::of_texts();
  for (const auto* job : jobs) {
    ids.add(job->id);
    runs.add(job->run);
    keys.add(std::string_view{job->idempotency_key});
    digests.add(std::string_view{job->request_digest});
    teams.add(std::string_view{job->team});
    titles.add(std::string_view{job->title});
    priorities.add(static_cast<std::uint64_t>(job->priority));
    sources.add(std::string_view{job->source});
    bundles.add(std::string_view{job->bundle});
    inputs.add(std::string_view{job->inputs.text});
    instants.add(job->at);
    appends.add(job->append);
    bodies.add(std::string_view{job->body});
    labels.add(std::string_view{to_json(job->labels)});
  }
  params.array(ids).array(runs).array(keys).array(digests).array(teams).array(titles);
  params.array(priorities).array(sources).array(bundles).array(inputs).array(instants);
  params.array(appends).array(bodies).array(labels);
}

namespace {

PgParams params_of(const std::vector<NewJob>& jobs, PgOpenJobs& open_jobs) {
  std::vector<const NewJob*> all;
  auto owners = PgArray::of_uuids(), parents = PgArray::of_uuids(), room = PgArray::of_integers();
  for (const auto& job : jobs) {
    all.push_back(&job);
    owners.add(job.owner.value_or(IncarnationId{}));
    parents.add(job.parent.value_or(RunId{}));
  }
  for (const bool admitted : open_jobs.admit(all)) room.add(std::uint64_t{admitted});
  PgParams params;
  put_jobs(params, all);
  return params.array(owners).array(parents).array(room);
}

} // namespace

void PgJobStore::submit(NewJob job, Done<Submitted> done) {
  if (const auto checked = check(job); !checked)
    return writes_.call<Submitted>(std::move(done),
                                   [fault = checked.error()](auto&, auto) { return fault; });
  submissions_.call(std::move(job), std::move(done));
}

PgAttempt<PgJobStore::Submissions::Answers> PgJobStore::try_submit(PgConnection& connection,
                                                                   const Submissions::Asks& jobs,
                                                                   Deadline deadline) {
  if (const auto fault = open_jobs_.refresh(connection, deadline)) return *fault;
  // Named as a claim is: should the answer be lost, the next claim brings the runs back.
  const auto call = new_call();
  auto params = params_of(jobs, open_jobs_).id(call);
  const auto inserted = connection.run(insert_jobs, params, deadline);
  if (!inserted.ok()) {
    not_answered(call);
    return *inserted.fault;
  }
  std::unordered_map<JobId, bool> owned;
  for (std::size_t i = 0; i < inserted.rows.size(); ++i)
    owned.emplace(inserted.rows.id<JobId>(i, 0), inserted.rows.boolean(i, 1));

  Submissions::Answers answers;
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const auto found = owned.find(jobs[i].id);
    if (found == owned.end())
      others.push_back(i);
    else
      open_jobs_.opened(jobs[i].lane());
    answers.emplace_back(
        Submitted{jobs[i].id, jobs[i].run, false, found != owned.end() && found->second});
  }
  if (others.empty()) return answers;
  if (auto fault = find_others(connection, jobs, others, answers, deadline)) return *fault;
  return answers;
}

std::optional<PgFault> PgJobStore::find_others(PgConnection& connection,
                                               const Submissions::Asks& jobs,
                                               const std::vector<std::size_t>& others,
                                               Submissions::Answers& answers,
                                               Deadline deadline) const {
  auto ids = PgArray::of_uuids(), owners = PgArray::of_uuids(), teams = PgArray::of_texts(),
       keys = PgArray::of_texts();
  for (const auto i : others) {
    ids.add(jobs[i].id);
    teams.add(std::string_view{jobs[i].team});
    keys.add(std::string_view{jobs[i].idempotency_key});
    owners.add(jobs[i].owner.value_or(IncarnationId{}));
  }
  const auto found = connection.run(
      find_submitted, PgParams{}.array(ids).array(teams).array(keys).array(owners), deadline);
  if (!found.ok()) return found.fault;
  const auto& rows = found.rows;
  for (std::size_t row = 0; row < others.size(); ++row) {
    const auto& job = jobs[others[row]];
    auto& answer = answers[others[row]];
    if (rows.is_null(row, 0)) {
      answer = open_jobs_.refusal(job.lane());
      continue;
    }
    const auto id = rows.id<JobId>(row, 0);
    const bool duplicate = id != job.id;
    if (duplicate && rows.text(row, 2) != job.request_digest)
      answer = key_is_taken(job.idempotency_key);
    else
      answer = Submitted{id, rows.id<RunId>(row, 1), duplicate,
                         !duplicate && !rows.is_null(row, 3) && rows.boolean(row, 3)};
  }
  return std::nullopt;
}

} // namespace troupe::store
