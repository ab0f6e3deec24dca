// Further runs of a job, and runs that ask a person (schema/*_further_runs.sql).
#include <algorithm>

#include "runtime/limits.hpp"
#include "runtime/store/pg_job_store.hpp"
#include "runtime/store/pg_rows.hpp"
#include "runtime/store/refusals.hpp"

namespace troupe::store {

using namespace ports;

namespace {

constexpr PgStatement add_run_to_job{
    "add_run_to_job",
    "SELECT add_run($1::uuid, $2::uuid, $3::text, $4::timestamptz, $5::uuid, $6::text)"};

constexpr PgStatement select_asking{
    "select_asking",
    "SELECT " TROUPE_RUN_COLUMNS
    " FROM runs r WHERE r.state = 'running' AND r.id IN ("
    "  SELECT j.run FROM journal j WHERE strpos(j.body, '\"type\":\"approval.requested\"') > 0)"
    " ORDER BY r.id DESC LIMIT $1::bigint"};

} // namespace

void PgJobStore::asking_runs(std::uint32_t limit, Done<std::vector<RunRow>> done) {
  reads_.call<std::vector<RunRow>>(
      std::move(done), [=](auto& connection, auto deadline) -> PgAttempt<std::vector<RunRow>> {
        const auto most = std::min<std::size_t>(limit, limits::list_rows_max);
        const auto answer = connection.run(select_asking, PgParams{}.integer(most), deadline);
        if (!answer.ok()) return *answer.fault;
        std::vector<RunRow> rows;
        for (std::size_t i = 0; i < answer.rows.size(); ++i)
          rows.push_back(run_row(answer.rows, i));
        return rows;
      });
}

void PgJobStore::add_run(NewRun run, Done<bool> done) {
  writes_.call<bool>(std::move(done),
                     [run = std::move(run), again = false](
                         auto& connection, auto deadline) mutable -> PgAttempt<bool> {
                       if (auto fault = check(run); !fault) return fault.error();
                       PgParams params;
                       params.id(run.job).id(run.id).text(run.bundle).instant(run.at);
                       params.id(run.append).text(run.body);
                       const auto answer = connection.run(add_run_to_job, params, deadline);
                       const bool repeated = std::exchange(again, true);
                       if (!answer.ok()) return *answer.fault;
                       const auto outcome = answer.rows.text(0, 0);
                       if (outcome == "missing") return no_such_job(run.job);
                       return outcome == "added" || repeated; // then the try before added it
                     });
}

} // namespace troupe::store
