// Schedules on Postgres (schema/*_schedules.sql).
#pragma once
#include "runtime/ports/schedules.hpp"
#include "runtime/store/pg_worker.hpp"

namespace troupe::store {

class PgSchedules final : public ports::Schedules {
 public:
  PgSchedules(PgWorker& writes, std::size_t open_jobs_max)
      : writes_{writes}, open_jobs_max_{open_jobs_max} {}

  void declare(std::string team, std::vector<ports::DeclaredSchedule> schedules, Instant now,
               Done<Unit> done) override;
  void list(Done<std::vector<ports::ScheduleRow>> done) override;
  void fire(ports::DueJob job, Done<ports::FireOutcome> done) override;
  void let_go(ports::ScheduleId schedule, std::string timing, Instant until, std::string note,
              Done<Unit> done) override;
  void pause(ports::ScheduleId schedule, std::string by, Instant now, Done<bool> done) override;
  void resume(ports::ScheduleId schedule, Instant now, Done<bool> done) override;

 private:
  PgWorker& writes_;
  const std::size_t open_jobs_max_;
};

} // namespace troupe::store
