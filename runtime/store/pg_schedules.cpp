#include "runtime/store/pg_schedules.hpp"

#include <limits>
#include <utility>

#include "runtime/store/pg_job_store.hpp"
#include "runtime/store/refusals.hpp"
#include "runtime/store/texts.hpp"

namespace troupe::store {

using namespace ports;

namespace {

constexpr PgStatement declare_schedules{
    "declare_schedules",
    "SELECT declare_schedules($1::text, $2::text[], $3::text[], $4::timestamptz)"};

constexpr PgStatement select_schedules{
    "select_schedules",
    "SELECT team, id, timing, " TROUPE_MILLIS("seen") ", note, " TROUPE_MILLIS(
        "last_due") ", last_job, " TROUPE_MILLIS("paused_at") ", paused_by"
    " FROM schedules WHERE timing <> '' ORDER BY team COLLATE \"C\", id COLLATE \"C\""};

constexpr PgStatement fire_schedule{
    "fire_schedule",
    "SELECT fire_schedule($15::text, $16::text, $17::text, $18::timestamptz, $19::boolean,"
    "                     $20::bigint, " TROUPE_NEW_JOB ")"};

constexpr PgStatement let_schedule_go{
    "let_schedule_go",
    "UPDATE schedules SET seen = $4::timestamptz, note = $5::text"
    " WHERE team = $1::text AND id = $2::text AND timing = $3::text AND seen < $4"};

// Of one that is declared: whether it was changed.
constexpr PgStatement pause_schedule{
    "pause_schedule",
    "WITH changed AS ("
    " UPDATE schedules SET paused_at = $3::timestamptz, paused_by = $4::text"
    " WHERE team = $1::text AND id = $2::text AND timing <> '' AND paused_at IS NULL RETURNING 1)"
    " SELECT EXISTS (SELECT FROM changed) FROM schedules"
    " WHERE team = $1 AND id = $2 AND timing <> ''"};

constexpr PgStatement resume_schedule{
    "resume_schedule",
    "WITH changed AS ("
    " UPDATE schedules SET paused_at = NULL, paused_by = '', seen = greatest(seen, $3::timestamptz)"
    " WHERE team = $1::text AND id = $2::text AND timing <> '' AND paused_at IS NOT NULL"
    " RETURNING 1)"
    " SELECT EXISTS (SELECT FROM changed) FROM schedules"
    " WHERE team = $1 AND id = $2 AND timing <> ''"};

ScheduleRow schedule_row(const PgRows& rows, std::size_t row) {
  const auto text = [&](int column) { return std::string{rows.text(row, column)}; };
  ScheduleRow out{{text(0), text(1)}, text(2), rows.instant(row, 3), text(4)};
  if (!rows.is_null(row, 5)) out.last_due = rows.instant(row, 5);
  if (!rows.is_null(row, 6)) out.last_job = rows.id<JobId>(row, 6);
  if (!rows.is_null(row, 7)) out.paused_at = rows.instant(row, 7);
  out.paused_by = text(8);
  return out;
}

FireOutcome outcome_named(std::string_view name) {
  if (name == "started") return FireOutcome::started;
  if (name == "done") return FireOutcome::done;
  if (name == "paused") return FireOutcome::paused;
  return name == "overlapping" ? FireOutcome::overlapping : FireOutcome::changed;
}

/// A call whose statement says whether it changed the schedule; no row: there is none.
PgWorker::Work<bool> changing(const PgStatement& statement, PgParams params, ScheduleId schedule) {
  return [&statement, params = std::move(params), schedule = std::move(schedule), again = false](
             auto& connection, auto deadline) mutable -> PgAttempt<bool> {
    const auto answer = connection.run(statement, params, deadline);
    const bool repeated = std::exchange(again, true);
    if (!answer.ok()) return *answer.fault;
    if (answer.rows.empty()) return no_such_schedule(schedule);
    return answer.rows.boolean(0, 0) || repeated; // then the try before changed it
  };
}

} // namespace

void PgSchedules::declare(std::string team, std::vector<DeclaredSchedule> schedules, Instant now,
                          Done<Unit> done) {
  writes_.call<Unit>(std::move(done), [=](auto& connection, auto deadline) -> PgAttempt<Unit> {
    auto ids = PgArray::of_texts(), timings = PgArray::of_texts();
    for (const auto& schedule : schedules) {
      ids.add(std::string_view{storable(schedule.id)});
      timings.add(std::string_view{storable(schedule.timing)});
    }
    PgParams params;
    params.text(storable(team)).array(ids).array(timings).instant(now);
    const auto answer = connection.run(declare_schedules, params, deadline);
    if (!answer.ok()) return *answer.fault;
    return Unit{};
  });
}

void PgSchedules::list(Done<std::vector<ScheduleRow>> done) {
  using Rows = std::vector<ScheduleRow>;
  writes_.call<Rows>(std::move(done), [](auto& connection, auto deadline) -> PgAttempt<Rows> {
    const auto answer = connection.run(select_schedules, {}, deadline);
    if (!answer.ok()) return *answer.fault;
    Rows rows;
    for (std::size_t i = 0; i < answer.rows.size(); ++i)
      rows.push_back(schedule_row(answer.rows, i));
    return rows;
  });
}

void PgSchedules::fire(DueJob due, Done<FireOutcome> done) {
  writes_.call<FireOutcome>(
      std::move(done),
      [this, due = std::move(due)](auto& connection, auto deadline) -> PgAttempt<FireOutcome> {
        return try_fire(connection, due, deadline);
      });
}

PgAttempt<FireOutcome> PgSchedules::try_fire(PgConnection& connection, const DueJob& due,
                                             Deadline deadline) {
  if (auto fault = check(due.job); !fault) return fault.error();
  if (const auto fault = open_jobs_.refresh(connection, deadline)) return *fault;
  const bool has_room = open_jobs_.admit({&due.job})[0];
  PgParams params;
  put_job(params, due.job);
  params.text(storable(due.schedule.team)).text(storable(due.schedule.id));
  params.text(storable(due.timing)).instant(due.due).boolean(due.overlap);
  params.integer(has_room ? std::numeric_limits<std::int64_t>::max() : 0);
  const auto answer = connection.run(fire_schedule, params, deadline);
  if (!answer.ok()) return *answer.fault;
  const auto name = answer.rows.text(0, 0);
  if (name == "full") return open_jobs_.refusal(due.job.lane());
  if (name == "started") open_jobs_.opened(due.job.lane());
  return outcome_named(name);
}

void PgSchedules::let_go(ScheduleId schedule, std::string timing, Instant until, std::string note,
                         Done<Unit> done) {
  writes_.call<Unit>(std::move(done), [=](auto& connection, auto deadline) -> PgAttempt<Unit> {
    PgParams params;
    params.text(storable(schedule.team)).text(storable(schedule.id));
    params.text(storable(timing)).instant(until).text(storable(note));
    const auto answer = connection.run(let_schedule_go, params, deadline);
    if (!answer.ok()) return *answer.fault;
    return Unit{};
  });
}

void PgSchedules::pause(ScheduleId schedule, std::string by, Instant now, Done<bool> done) {
  PgParams params;
  params.text(storable(schedule.team)).text(storable(schedule.id));
  params.instant(now).text(storable(by));
  writes_.call<bool>(std::move(done), changing(pause_schedule, params, schedule));
}

void PgSchedules::resume(ScheduleId schedule, Instant now, Done<bool> done) {
  PgParams params;
  params.text(storable(schedule.team)).text(storable(schedule.id)).instant(now);
  writes_.call<bool>(std::move(done), changing(resume_schedule, params, schedule));
}

} // namespace troupe::store
