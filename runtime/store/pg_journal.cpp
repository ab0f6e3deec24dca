#include "runtime/store/pg_journal.hpp"

#include <algorithm>
#include <unordered_set>

#include "runtime/log.hpp"
#include "runtime/store/pg_rows.hpp"
#include "runtime/store/texts.hpp"

namespace troupe::store {

using namespace std::chrono_literals;
using ports::AppendOutcome;
using Kind = PgFault::Kind;

namespace {

// The guard and the rows are one statement: it waits for a fence that is being written and then
// finds no node, or it makes the fence wait until the rows are in. Nothing can come between.
#define TROUPE_GUARD             \
  "WITH guard AS MATERIALIZED (" \
  "  SELECT FROM nodes WHERE incarnation = $1::uuid AND NOT fenced FOR SHARE)"

constexpr PgStatement append_rows{
    "append_rows", TROUPE_GUARD
    " INSERT INTO journal (run, seq, append, at, body)"
    " SELECT b.* FROM guard, unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::timestamptz[],"
    "                               $6::text[]) AS b"
    " ON CONFLICT DO NOTHING RETURNING append"};

// As append_rows, with what decisions do besides: take inbox rows, end runs. LATERAL, and something
// in it that cannot be flattened: each row is looked up by its key. A plan from when little waited
// or ran would read all that waits, or runs, for every batch.
//   ready   The runs that may end. FOR UPDATE waits for a post that is being written and looks at
//           the row it leaves behind: a counter on it tells of inbox rows that this statement's
//           snapshot cannot see.
constexpr PgStatement append_rows_and_ends{
    "append_rows_and_ends",
    TROUPE_GUARD
    ", batch AS MATERIALIZED ("
    "  SELECT * FROM unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::timestamptz[], $6::text[],"
    "                       $7::text[], $8::text[])"
    "    AS b (run, seq, append, at, body, end_state, end_reason)),"
    " taken AS MATERIALIZED ("
    "  SELECT i.run, i.id FROM unnest($9::uuid[], $10::text[]) AS t (run, id)"
    "   CROSS JOIN LATERAL (SELECT w.run, w.id, w.taken_by FROM inbox w"
    "                        WHERE w.run = t.run AND w.id = t.id OFFSET 0) AS i"
    "   WHERE i.taken_by IS NULL),"
    " ready AS MATERIALIZED ("
    "  SELECT r.id FROM guard, batch b"
    "   CROSS JOIN LATERAL (SELECT w.id FROM runs w WHERE w.id = b.run AND w.state = 'running'"
    "     AND w.inbox_waiting <= (SELECT count(*) FROM taken t WHERE t.run = b.run)"
    "     FOR NO KEY UPDATE) AS r"
    "   WHERE b.end_state <> ''),"
    " inserted AS ("
    "  INSERT INTO journal (run, seq, append, at, body)"
    "  SELECT b.run, b.seq, b.append, b.at, b.body FROM guard, batch b"
    "   WHERE b.end_state = '' OR b.run IN (SELECT id FROM ready)"
    "  ON CONFLICT DO NOTHING RETURNING append),"
    " step AS (SELECT b.run, b.seq FROM inserted JOIN batch b USING (append)"
    "           WHERE b.end_state = ''),"
    " ending AS (SELECT b.* FROM inserted JOIN batch b USING (append) WHERE b.end_state <> ''),"
    " marked AS ("
    "  UPDATE inbox i SET taken_by = s.seq FROM taken t JOIN step s USING (run)"
    "   WHERE i.run = t.run AND i.id = t.id AND i.taken_by IS NULL RETURNING i.run),"
    " counted AS ("
    "  UPDATE runs r SET inbox_waiting = r.inbox_waiting - m.n"
    "    FROM (SELECT run, count(*)::integer AS n FROM marked GROUP BY run) AS m"
    "   WHERE r.id = m.run),"
    " cleared AS (DELETE FROM inbox i USING ending e WHERE i.run = e.run),"
    " ended AS ("
    "  UPDATE runs r SET state = e.end_state, reason = e.end_reason, finished_at = e.at,"
    "                    owner = NULL, claim = NULL, wake_at = NULL, inbox_waiting = 0"
    "    FROM ending e WHERE r.id = e.run RETURNING r.id, r.job, r.state, r.reason, r.finished_at),"
    " closed AS ("
    "  UPDATE incidents i SET closed_at = e.finished_at FROM ended e"
    "   WHERE i.run = e.id AND i.closed_at IS NULL),"
    " job AS ("
    "  UPDATE jobs j SET state = e.state, reason = e.reason, finished_at = e.finished_at"
    "    FROM ended e WHERE j.id = e.job" // a newer run of the job speaks for it
    "     AND NOT EXISTS (SELECT FROM runs n WHERE n.job = e.job AND n.id > e.id))"
    " SELECT append FROM inserted"};

constexpr PgStatement read_keys{
    "read_keys",
    "SELECT j.append,"
    "       EXISTS (SELECT FROM nodes WHERE incarnation = $1::uuid AND NOT fenced)"
    "   AND EXISTS (SELECT FROM runs r WHERE r.id = k.run AND r.state = 'running'"
    "                                    AND r.inbox_waiting > 0)"
    "  FROM unnest($2::uuid[], $3::bigint[]) WITH ORDINALITY AS k (run, seq, n)"
    "  LEFT JOIN journal j ON j.run = k.run AND j.seq = k.seq ORDER BY k.n"};

/// The statement's parameters; $7 to $10 only where something ends or is taken.
struct BatchParams {
  bool rows_only = true;
  PgParams params;
};

template <class Batch>
BatchParams batch_params(const Batch& batch) {
  auto runs = PgArray::of_uuids(), seqs = PgArray::of_integers(), ids = PgArray::of_uuids(),
       instants = PgArray::of_instants(), bodies = PgArray::of_texts(),
       states = PgArray::of_texts(), reasons = PgArray::of_texts(),
       taken_runs = PgArray::of_uuids(), taken_ids = PgArray::of_texts();
  BatchParams out;
  for (const auto& [append, done] : batch) {
    runs.add(append.run);
    seqs.add(append.seq);
    ids.add(append.id);
    instants.add(append.at);
    bodies.add(append.body);
    states.add(append.end ? name_of(append.end->state) : std::string_view{});
    reasons.add(append.end ? std::string_view{append.end->reason} : std::string_view{});
    for (const auto& id : append.inbox_applied) {
      taken_runs.add(append.run);
      taken_ids.add(std::string_view{id});
    }
    if (append.end || !append.inbox_applied.empty()) out.rows_only = false;
  }
  out.params.id(batch.front().append.owner);
  out.params.array(runs).array(seqs).array(ids).array(instants).array(bodies);
  if (!out.rows_only) out.params.array(states).array(reasons).array(taken_runs).array(taken_ids);
  return out;
}

} // namespace

PgJournal::PgJournal(PgTarget target, StopSignal& stop, PgWorker& reads, PgWorker& upkeep)
    : stop_{stop},
      reads_{reads},
      upkeep_{upkeep},
      folds_{reads, &try_folds, [](const RunId& run) { return sizeof run; },
             limits::folds_at_once_max},
      connection_{std::move(target), stop} {
  thread_ = std::thread{[this] { run(); }};
}

PgJournal::~PgJournal() { close(); }

void PgJournal::close() {
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void PgJournal::append(ports::Append append, AppendDone done) {
  append.body = storable(std::move(append.body));
  if (append.end) append.end->reason = storable(std::move(append.end->reason));
  for (auto& id : append.inbox_applied) id = storable(std::move(id));
  ++depth_;
  {
    const std::lock_guard lock{mutex_};
    queue_.push_back({std::move(append), std::move(done)});
  }
  wake_.notify_one();
}

void PgJournal::run() {
  (void)connection_.open(std::chrono::steady_clock::now() +
                         3s); // so that the first append is quick
  for (auto batch = take(); !batch.empty(); batch = take())
    if (!settle(batch)) return;
}

// Everything that is queued at this moment, up to the bounds, of one incarnation: the guard of a
// statement is about one.
PgJournal::Batch PgJournal::take() {
  std::unique_lock lock{mutex_};
  wake_.wait(lock, [&] { return closed_ || !queue_.empty(); });
  Batch batch;
  std::size_t bytes = 0;
  while (!closed_ && !queue_.empty() && batch.size() < limits::journal_batch_rows_max) {
    auto& next = queue_.front();
    bytes += next.append.body.size();
    if (!batch.empty() && (bytes > limits::journal_batch_bytes_max ||
                           next.append.owner != batch.front().append.owner))
      break;
    batch.push_back(std::move(next));
    queue_.pop_front();
  }
  return batch;
}

void PgJournal::tell(Pending& pending, AppendOutcome outcome) {
  --depth_;
  pending.done(outcome);
  pending.done = nullptr;
}

bool PgJournal::settle(Batch& batch) {
  bool unknown = false; // a sending before may have been carried out
  for (Millis pause = 10ms; !batch.empty(); pause = std::min<Millis>(pause * 2, 1000ms)) {
    std::optional<PgFault> fault;
    if (!connection_.is_open()) fault = connection_.open(std::chrono::steady_clock::now() + 3s);
    if (!fault && unknown) fault = read_back(batch, false);
    if (!fault && !batch.empty()) {
      fault = send(batch);
      unknown = fault && (fault->kind == Kind::lost || fault->kind == Kind::late);
    }
    if (!fault) continue;
    if (fault->kind == Kind::stopped) return false;
    if (fault->is_about_data()) return settle_one_by_one(batch);
    health_.bad(*fault);
    if (!stop_.wait_until(std::chrono::steady_clock::now() + pause)) return false;
  }
  health_.good();
  return true;
}

// One row spoils the whole statement; find it, and let the others through. What the server will
// never take is a defect of Troupe: it costs that run its owner, not this node its journal.
bool PgJournal::settle_one_by_one(Batch& batch) {
  if (batch.size() == 1) {
    auto& [append, done] = batch.front();
    log::error("journal.refused", {{"run", append.run}, {"seq", append.seq}});
    tell(batch.front(), AppendOutcome::ownership_lost);
    return true;
  }
  for (auto& pending : batch) {
    Batch one;
    one.push_back(std::move(pending));
    if (!settle(one)) return false;
  }
  return true;
}

std::optional<PgFault> PgJournal::send(Batch& batch) {
  const auto [rows_only, params] = batch_params(batch);
  const auto answer =
      connection_.run(rows_only ? append_rows : append_rows_and_ends, params, no_deadline);
  if (!answer.ok()) return answer.fault;
  if (answer.rows.size() == batch.size()) {
    for (auto& pending : batch) tell(pending, AppendOutcome::durable);
    batch.clear();
    return std::nullopt;
  }
  std::unordered_set<AppendId> inserted;
  for (std::size_t i = 0; i < answer.rows.size(); ++i)
    inserted.insert(answer.rows.id<AppendId>(i, 0));
  std::erase_if(batch, [&](auto& pending) {
    const bool durable = inserted.contains(pending.append.id);
    if (durable) tell(pending, AppendOutcome::durable);
    return durable;
  });
  return read_back(batch, true);
}

std::optional<PgFault> PgJournal::read_back(Batch& batch, bool sent) {
  auto runs = PgArray::of_uuids(), seqs = PgArray::of_integers();
  for (const auto& [append, done] : batch) {
    runs.add(append.run);
    seqs.add(append.seq);
  }
  const auto answer = connection_.run(
      read_keys, PgParams{}.id(batch.front().append.owner).array(runs).array(seqs), no_deadline);
  if (!answer.ok()) return answer.fault;
  std::size_t row = 0;
  std::erase_if(batch, [&](auto& pending) {
    const auto at = row++;
    if (!answer.rows.is_null(at, 0)) {
      const bool own = answer.rows.template id<AppendId>(at, 0) == pending.append.id;
      tell(pending, own ? AppendOutcome::durable : AppendOutcome::ownership_lost);
      return true;
    }
    if (sent)
      tell(pending, pending.append.end && answer.rows.boolean(at, 1)
                        ? AppendOutcome::inbox_waiting
                        : AppendOutcome::ownership_lost);
    return sent;
  });
  return std::nullopt;
}

} // namespace troupe::store
