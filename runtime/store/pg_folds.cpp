// The reading half of PgJournal, and the snapshots that shorten it.
#include "runtime/store/pg_journal.hpp"
#include "runtime/store/texts.hpp"

namespace troupe::store {

using namespace ports;

namespace {

// `before`: bytes of the rows in front.
constexpr PgStatement read_rows{
    "read_rows",
    "SELECT seq, append, " TROUPE_MILLIS("at") ", body FROM ("
    "  SELECT p.*, sum(octet_length(body)) OVER (ORDER BY seq) - octet_length(body) AS before FROM ("
    "    SELECT seq, append, at, body FROM journal WHERE run = $1::uuid AND seq >= $2::bigint"
    "     ORDER BY seq LIMIT $3::bigint) AS p) AS q"
    " WHERE before < $4::bigint ORDER BY seq"};

constexpr PgStatement read_archive{
    "read_archive",
    "SELECT seq, append, " TROUPE_MILLIS("at") ", body FROM ("
    "  SELECT p.*, sum(octet_length(body)) OVER (ORDER BY seq) - octet_length(body) AS before FROM ("
    "    SELECT j.* FROM archive a, unnest(a.seqs, a.appends, a.ats, a.bodies)"
    "             AS j (seq, append, at, body)"
    "     WHERE a.run = $1::uuid AND j.seq >= $2::bigint ORDER BY j.seq LIMIT $3::bigint) AS p) AS q"
    " WHERE before < $4::bigint ORDER BY seq"};

constexpr PgStatement read_snapshots{
    "read_snapshots",
    "SELECT s.seq, s.append, s.format, s.body FROM unnest($1::uuid[]) WITH ORDINALITY AS k (run, n)"
    "  LEFT JOIN (snapshots s JOIN journal j ON j.run = s.run AND j.seq = s.seq"
    "                                       AND j.append = s.append) ON s.run = k.run"
    " ORDER BY k.n"};

// One row more than a page tells that there is more; a body that is not sent, too.
constexpr PgStatement read_first_pages{
    "read_first_pages",
    "SELECT n, seq, append, " TROUPE_MILLIS("at")
    ", CASE WHEN before < $4::bigint THEN body END FROM ("
    "  SELECT k.n, p.*,"
    "         sum(octet_length(body)) OVER (ORDER BY k.n, p.seq) - octet_length(body) AS before"
    "    FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY AS k (run, begins, n)"
    "    CROSS JOIN LATERAL ("
    "      SELECT seq, append, at, body FROM journal j WHERE j.run = k.run AND j.seq >= k.begins"
    "       ORDER BY seq LIMIT $3::bigint + 1) AS p) AS q"
    " ORDER BY n, seq"};

constexpr PgStatement keep_snapshot{
    "keep_snapshot",
    "INSERT INTO snapshots (run, seq, append, format, body)"
    " SELECT r.id, $3::bigint, $4::uuid, $5::integer, $6::text FROM runs r"
    "  WHERE r.id = $1::uuid AND r.owner = $2::uuid"
    " ON CONFLICT (run) DO UPDATE SET seq = excluded.seq, append = excluded.append,"
    "                                 format = excluded.format, body = excluded.body"
    "  WHERE snapshots.seq < excluded.seq"};

JournalRow journal_row(const PgRows& rows, std::size_t row, int column) {
  return {static_cast<Seq>(rows.integer(row, column)), rows.id<AppendId>(row, column + 1),
          rows.instant(row, column + 2), std::string{rows.text(row, column + 3)}};
}

/// From the journal or, if that holds nothing there, from the archive: at any moment a row is in
/// one of them, and goes only this way.
PgAttempt<std::vector<JournalRow>> read_page(PgConnection& connection, RunId run, Seq from,
                                             std::size_t limit, Deadline deadline) {
  PgParams params;
  params.id(run).integer(from).integer(limit).integer(limits::journal_page_bytes_max);
  std::vector<JournalRow> page;
  for (const auto& statement : {read_rows, read_archive}) {
    const auto answer = connection.run(statement, params, deadline);
    if (!answer.ok()) return *answer.fault;
    for (std::size_t i = 0; i < answer.rows.size(); ++i)
      page.push_back(journal_row(answer.rows, i, 0));
    if (!page.empty()) break;
  }
  return page;
}

Seq begin_of(const FoldPage& page) { return page.snapshot ? page.snapshot->seq + 1 : 0; }

/// Nothing in the journal behind the snapshot: the run stands still there, or it was archived.
std::optional<PgFault> read_archived(PgConnection& connection, RunId run, FoldPage& page,
                                     Deadline deadline) {
  auto read = read_page(connection, run, begin_of(page), limits::journal_page_rows, deadline);
  if (auto* fault = std::get_if<PgFault>(&read)) return *fault;
  page.rows = std::move(std::get<std::vector<JournalRow>>(read));
  page.more = !page.rows.empty(); // or it is the end: the next page tells
  return std::nullopt;
}

} // namespace

void PgJournal::read(RunId run, Seq from, std::size_t limit, ReadDone done) {
  reads_.call<std::vector<JournalRow>>(std::move(done), [=](auto& connection, auto deadline) {
    return read_page(connection, run, from, limit, deadline);
  });
}

void PgJournal::read_fold(RunId run, FoldDone done) { folds_.call(run, std::move(done)); }

PgAttempt<PgJournal::Folds::Answers> PgJournal::try_folds(PgConnection& connection,
                                                          const Folds::Asks& asked,
                                                          Deadline deadline, bool) {
  std::vector<FoldPage> pages(asked.size());
  auto runs = PgArray::of_uuids(), begins = PgArray::of_integers();
  for (const auto run : asked) runs.add(run);
  const auto kept = connection.run(read_snapshots, PgParams{}.array(runs), deadline);
  if (!kept.ok()) return *kept.fault;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    if (!kept.rows.is_null(i, 0))
      pages[i].snapshot = Snapshot{
          static_cast<Seq>(kept.rows.integer(i, 0)), kept.rows.id<AppendId>(i, 1),
          static_cast<std::uint32_t>(kept.rows.integer(i, 2)), std::string{kept.rows.text(i, 3)}};
    begins.add(begin_of(pages[i]));
  }
  PgParams params;
  params.array(runs).array(begins).integer(limits::journal_page_rows);
  const auto rows =
      connection.run(read_first_pages, params.integer(limits::journal_page_bytes_max), deadline);
  if (!rows.ok()) return *rows.fault;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    auto& page = pages.at(static_cast<std::size_t>(rows.rows.integer(i, 0)) - 1);
    page.more =
        page.more || rows.rows.is_null(i, 4) || page.rows.size() == limits::journal_page_rows;
    if (!page.more) page.rows.push_back(journal_row(rows.rows, i, 1));
  }
  for (std::size_t i = 0; i < pages.size(); ++i)
    if (pages[i].rows.empty() && !pages[i].more)
      if (const auto fault = read_archived(connection, asked[i], pages[i], deadline)) return *fault;
  return Folds::Answers{pages.begin(), pages.end()};
}

void PgJournal::put_snapshot(RunId run, IncarnationId owner, Snapshot snapshot,
                             std::function<void(Result<>)> done) {
  snapshot.body = storable(std::move(snapshot.body));
  upkeep_.call<Unit>(std::move(done), [=](auto& connection, auto deadline) -> PgAttempt<Unit> {
    PgParams params;
    params.id(run).id(owner).integer(snapshot.seq).id(snapshot.append);
    params.number(static_cast<std::int32_t>(snapshot.format));
    params.text(snapshot.body);
    const auto answer = connection.run(keep_snapshot, params, deadline);
    if (!answer.ok()) return *answer.fault;
    return Unit{};
  });
}

} // namespace troupe::store
