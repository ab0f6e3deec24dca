// Schedules on Postgres (schema/*_schedules.sql).
#pragma once
#include "runtime/ports/schedules.hpp"
#include "runtime/store/pg_open_jobs.hpp"

namespace troupe::store {

class PgSchedules final : public ports::Schedules {
 public:
  /// `open_jobs` is for the thread of `writes`.
  PgSchedules(PgWorker& writes, PgOpenJobs& open_jobs) : writes_{writes}, open_jobs_{open_jobs} {}

  void declare(std::string team, std::vector<ports::DeclaredSchedule> schedules, Instant now,
               Done<Unit> done) override;
  void list(Done<std::vector<ports::ScheduleRow>> done) override;
  void fire(ports::DueJob job, Done<ports::FireOutcome> done) override;
  void let_go(ports::ScheduleId schedule, std::string timing, Instant until, std::string note,
              Done<Unit> done) override;
  void pause(ports::ScheduleId schedule, std::string by, Instant now, Done<bool> done) override;
  void resume(ports::ScheduleId schedule, Instant now, Done<bool> done) override;

 private:
  PgAttempt<ports::FireOutcome> try_fire(PgConnection& connection, const ports::DueJob& due,
                                         Deadline deadline);

  PgWorker& writes_;
  PgOpenJobs& open_jobs_;
};

} // namespace troupe::store
