// Rows of jobs and runs, as statements select them.
#pragma once
#include <string_view>

#include "runtime/ports/job_store.hpp"
#include "runtime/store/pg_values.hpp"

namespace troupe::store {

std::string_view name_of(ports::RunState state); // "running", as the tables have it
ports::RunState state_named(std::string_view name);

/// Columns of a job, in the order that job_row reads; `j` is the row of jobs.
#define TROUPE_JOB_COLUMNS \
  "j.id, j.team, j.title, j.source, coalesce(j.idempotency_key, ''), j.priority, j.state, " \
  "j.reason, " TROUPE_MILLIS("j.created_at") ", " TROUPE_MILLIS("j.finished_at")            \
  ", j.inputs, ARRAY(SELECT r.id FROM runs r WHERE r.job = j.id ORDER BY r.id DESC), j.labels"
ports::JobRow job_row(const PgRows& rows, std::size_t row);

/// Columns of a run, in the order that run_row reads; `r` is the row of runs.
#define TROUPE_RUN_COLUMNS \
  "r.id, r.job, r.bundle, r.state, r.reason, r.owner,"                           \
  " (SELECT n.name FROM nodes n WHERE n.incarnation = r.owner), " TROUPE_MILLIS( \
      "r.created_at") ", " TROUPE_MILLIS("r.finished_at")                        \
  ", r.wake_at IS NOT NULL, CASE WHEN r.wake_at < 'infinity' THEN " TROUPE_MILLIS("r.wake_at") " END, r.archived_at IS NOT NULL, r.priority, r.team"
ports::RunRow run_row(const PgRows& rows, std::size_t row);

} // namespace troupe::store
