// The reading half of PgJobStore: lists, inboxes, documents.
#include <algorithm>

#include "runtime/store/pg_job_store.hpp"
#include "runtime/store/pg_rows.hpp"

namespace troupe::store {

using namespace ports;

namespace {

constexpr std::pair<RunState, std::string_view> state_names[] = {
    {RunState::running, "running"},
    {RunState::completed, "completed"},
    {RunState::failed, "failed"},
    {RunState::cancelled, "cancelled"},
    {RunState::needs_person, "needs_person"},
};

constexpr PgStatement select_jobs{
    "select_jobs",
    "SELECT " TROUPE_JOB_COLUMNS
    " FROM jobs j WHERE ($1::text = '' OR j.team = $1) AND ($2::text = '' OR j.state = $2)"
    " AND ($3::uuid IS NULL OR j.id < $3) AND ($5::jsonb IS NULL OR j.labels @> $5)"
    " ORDER BY j.id DESC LIMIT $4::bigint"};

constexpr PgStatement select_job{"select_job",
                                 "SELECT " TROUPE_JOB_COLUMNS " FROM jobs j WHERE j.id = $1::uuid"};

#define TROUPE_LABELS_OF_RUN ", (SELECT j.labels FROM jobs j WHERE j.id = r.job)"

constexpr PgStatement select_runs{
    "select_runs",
    "SELECT " TROUPE_RUN_COLUMNS TROUPE_LABELS_OF_RUN
    " FROM runs r WHERE ($1::text = '' OR r.team = $1) AND ($2::text = '' OR r.state = $2)"
    " AND ($4::jsonb IS NULL OR r.job IN (SELECT j.id FROM jobs j WHERE j.labels @> $4))"
    " ORDER BY r.id DESC LIMIT $3::bigint"};

constexpr PgStatement select_run{"select_run", "SELECT " TROUPE_RUN_COLUMNS TROUPE_LABELS_OF_RUN
                                               " FROM runs r WHERE r.id = $1::uuid"};

constexpr PgStatement select_inbox{
    "select_inbox",
    "SELECT id, kind, body, " TROUPE_MILLIS("at") ", place FROM inbox"
    " WHERE run = $1::uuid AND taken_by IS NULL AND place > $2::bigint"
    " ORDER BY place LIMIT $3::bigint"};

constexpr PgStatement select_inboxes_waiting{
    "select_inboxes_waiting",
    "SELECT id FROM runs WHERE owner = $1::uuid AND inbox_waiting > 0 LIMIT $2::bigint"};

constexpr PgStatement select_next_due{
    "select_next_due",
    "SELECT " TROUPE_MILLIS("wake_at") " FROM runs WHERE wake_at <= $1::timestamptz"
    " ORDER BY wake_at LIMIT 1"};

constexpr PgStatement select_document{"select_document",
                                      "SELECT body FROM documents WHERE hash = $1::text"};

std::optional<Instant> maybe_instant(const PgRows& rows, std::size_t row, int column) {
  if (rows.is_null(row, column)) return std::nullopt;
  return rows.instant(row, column);
}

/// One answer read by `read_row(rows, i)`.
template <class Row, class ReadRow>
PgAttempt<std::vector<Row>> all_rows(const PgAnswer& answer, ReadRow read_row) {
  if (!answer.ok()) return *answer.fault;
  std::vector<Row> out;
  for (std::size_t i = 0; i < answer.rows.size(); ++i) out.push_back(read_row(answer.rows, i));
  return out;
}

template <class Row, class ReadRow>
PgAttempt<std::optional<Row>> maybe_row(const PgAnswer& answer, ReadRow read_row) {
  if (!answer.ok()) return *answer.fault;
  if (answer.rows.empty()) return std::optional<Row>{};
  return std::optional<Row>{read_row(answer.rows, 0)};
}

InboxRow inbox_row(const PgRows& rows, std::size_t row) {
  return {std::string{rows.text(row, 0)}, std::string{rows.text(row, 1)},
          JsonText{std::string{rows.text(row, 2)}}, rows.instant(row, 3),
          static_cast<std::uint64_t>(rows.integer(row, 4))};
}

std::uint64_t rows_at_most(const JobFilter& filter) {
  return std::min<std::uint64_t>(filter.limit, limits::list_rows_max);
}

std::string_view state_of(const JobFilter& filter) {
  return filter.state ? name_of(*filter.state) : std::string_view{};
}

} // namespace

std::string_view name_of(RunState state) {
  return std::ranges::find(state_names, state, &std::pair<RunState, std::string_view>::first)
      ->second;
}

RunState state_named(std::string_view name) {
  const auto* found =
      std::ranges::find(state_names, name, &std::pair<RunState, std::string_view>::second);
  return found != std::end(state_names) ? found->first
                                        : RunState::running; // a CHECK keeps others out
}

JobRow job_row(const PgRows& rows, std::size_t row) {
  const auto text = [&](int column) { return std::string{rows.text(row, column)}; };
  return {rows.id<JobId>(row, 0),
          text(1),
          text(2),
          text(3),
          text(4),
          static_cast<message::Priority>(rows.integer(row, 5)),
          state_named(rows.text(row, 6)),
          text(7),
          rows.instant(row, 8),
          maybe_instant(rows, row, 9),
          JsonText{text(10)},
          rows.ids<RunId>(row, 11),
          read_labels(rows.text(row, 12))};
}

RunRow run_row(const PgRows& rows, std::size_t row) {
  const auto text = [&](int column) { return std::string{rows.text(row, column)}; };
  RunRow run;
  run.id = rows.id<RunId>(row, 0);
  run.job = rows.id<JobId>(row, 1);
  run.bundle = text(2);
  run.state = state_named(rows.text(row, 3));
  run.reason = text(4);
  if (!rows.is_null(row, 5)) run.owner = rows.id<IncarnationId>(row, 5);
  run.owner_node = text(6);
  run.created_at = rows.instant(row, 7);
  run.finished_at = maybe_instant(rows, row, 8);
  run.parked = rows.boolean(row, 9);
  run.wake_at = maybe_instant(rows, row, 10);
  run.archived = rows.boolean(row, 11);
  run.lane = {static_cast<message::Priority>(rows.integer(row, 12)), text(13)};
  return run;
}

namespace {

RunRow labelled_run_row(const PgRows& rows, std::size_t row) {
  auto run = run_row(rows, row);
  run.labels = read_labels(rows.text(row, 14));
  return run;
}

/// Nothing, where none are asked for.
void put_labels(PgParams& params, const Labels& labels) {
  labels.empty() ? params.null() : params.jsonb(to_json(labels));
}

} // namespace

void PgJobStore::read_inbox(RunId run, std::uint64_t after, std::uint32_t limit,
                            Done<std::vector<InboxRow>> done) {
  reads_.call<std::vector<InboxRow>>(std::move(done), [=](auto& connection, auto deadline) {
    const auto params = PgParams{}.id(run).integer(after).integer(limit);
    return all_rows<InboxRow>(connection.run(select_inbox, params, deadline), inbox_row);
  });
}

void PgJobStore::inboxes_waiting(IncarnationId owner, Done<std::vector<RunId>> done) {
  reads_.call<std::vector<RunId>>(std::move(done), [=](auto& connection, auto deadline) {
    const auto params = PgParams{}.id(owner).integer(limits::list_rows_max);
    return all_rows<RunId>(
        connection.run(select_inboxes_waiting, params, deadline),
        [](const auto& rows, auto row) { return rows.template id<RunId>(row, 0); });
  });
}

void PgJobStore::next_due(Instant horizon, Done<std::optional<Instant>> done) {
  reads_.call<std::optional<Instant>>(std::move(done), [=](auto& connection, auto deadline) {
    return maybe_row<Instant>(
        connection.run(select_next_due, PgParams{}.instant(horizon), deadline),
        [](const auto& rows, auto row) { return rows.instant(row, 0); });
  });
}

void PgJobStore::get_document(std::string hash, Done<std::string> done) {
  if (!is_storable(hash)) hash.clear(); // then there is none
  reads_.call<std::string>(
      std::move(done), [=](auto& connection, auto deadline) -> PgAttempt<std::string> {
        const auto answer = connection.run(select_document, PgParams{}.text(hash), deadline);
        if (!answer.ok()) return *answer.fault;
        if (answer.rows.empty()) return no_such_document(hash);
        return std::string{answer.rows.text(0, 0)};
      });
}

void PgJobStore::list_jobs(JobFilter filter, Done<std::vector<JobRow>> done) {
  filter.team = storable(std::move(filter.team));
  reads_.call<std::vector<JobRow>>(std::move(done), [=](auto& connection, auto deadline) {
    PgParams params;
    params.text(filter.team).text(state_of(filter));
    filter.before ? params.id(*filter.before) : params.null();
    params.integer(rows_at_most(filter));
    put_labels(params, filter.labels);
    return all_rows<JobRow>(connection.run(select_jobs, params, deadline), job_row);
  });
}

void PgJobStore::get_job(JobId id, Done<std::optional<JobRow>> done) {
  reads_.call<std::optional<JobRow>>(std::move(done), [=](auto& connection, auto deadline) {
    return maybe_row<JobRow>(connection.run(select_job, PgParams{}.id(id), deadline), job_row);
  });
}

void PgJobStore::list_runs(JobFilter filter, Done<std::vector<RunRow>> done) {
  filter.team = storable(std::move(filter.team));
  reads_.call<std::vector<RunRow>>(std::move(done), [=](auto& connection, auto deadline) {
    PgParams params;
    params.text(filter.team).text(state_of(filter)).integer(rows_at_most(filter));
    put_labels(params, filter.labels);
    return all_rows<RunRow>(connection.run(select_runs, params, deadline), labelled_run_row);
  });
}

void PgJobStore::get_run(RunId id, Done<std::optional<RunRow>> done) {
  reads_.call<std::optional<RunRow>>(std::move(done), [=](auto& connection, auto deadline) {
    return maybe_row<RunRow>(connection.run(select_run, PgParams{}.id(id), deadline),
                             labelled_run_row);
  });
}

} // namespace troupe::store
