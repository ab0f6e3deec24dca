#include "ops/cli/bench/raw_postgres.hpp"

#include <libpq-fe.h>

#include <memory>

#include "ops/cli/bench/measuring.hpp"

namespace troupe::bench {
namespace {

constexpr int rows_per_statement = 1'000;

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};

using Answer = std::unique_ptr<PGresult, Clear>;

Answer check(pg_conn* connection, PGresult* answer) {
  Answer result{answer};
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    throw cli::Failure{cli::ExitCode::unavailable,
                       std::string{"Postgres: "} + PQerrorMessage(connection)};
  return result;
}

} // namespace

PostgresSession::PostgresSession(const std::string& url) : connection_{PQconnectdb(url.c_str())} {}

PostgresSession::~PostgresSession() { PQfinish(connection_); }

void PostgresSession::run(const std::string& statements) {
  check(connection_, PQexec(connection_, statements.c_str()));
}

std::vector<std::string> PostgresSession::column(const std::string& query) {
  const auto answer = check(connection_, PQexec(connection_, query.c_str()));
  std::vector<std::string> values;
  for (int row = 0; row < PQntuples(answer.get()); ++row)
    values.emplace_back(PQgetvalue(answer.get(), row, 0));
  return values;
}

void PostgresSession::prepare(const char* name, const std::string& statement) {
  check(connection_, PQprepare(connection_, name, statement.c_str(), 0, nullptr));
}

void PostgresSession::execute(const char* name, const std::string& argument) {
  const char* const values[] = {argument.c_str()};
  check(connection_, PQexecPrepared(connection_, name, 1, values, nullptr, nullptr, 0));
}

RawPostgres measure_raw_postgres(const Stage& stage, const BenchOptions& options) {
  options.tell("the limit: Postgres alone");
  const auto time = options.raw_time();
  PostgresSession connection{stage.postgres_url("raw")};
  connection.run("CREATE TABLE raw (run uuid, seq bigint, body text, PRIMARY KEY (run, seq))");
  connection.prepare("one", "INSERT INTO raw VALUES (gen_random_uuid(), 0, $1)");
  connection.prepare("many",
                     "INSERT INTO raw SELECT gen_random_uuid(), 0, $1 FROM generate_series(1, " +
                         std::to_string(rows_per_statement) + ")");
  const std::string body(300, 'x');
  RawPostgres raw;
  auto begin = Steady::now();
  const auto end = begin + time;
  for (auto at = Steady::now(); at < end;) {
    connection.execute("one", body);
    const auto now = Steady::now();
    raw.commit_ms.push_back(std::chrono::duration<double, std::milli>(now - at).count());
    at = now;
  }
  raw.commits_per_s = static_cast<double>(raw.commit_ms.size()) / ms_since(begin) * 1'000;
  begin = Steady::now();
  int statements = 0;
  for (; Steady::now() < begin + time; ++statements) connection.execute("many", body);
  raw.rows_per_s = statements * rows_per_statement / ms_since(begin) * 1'000;
  return raw;
}

void add_limits(Report& report, const RawPostgres& raw) {
  report.add("raw_rows_per_s", raw.rows_per_s,
             "rows a second that Postgres alone commits, in bulk");
  report.add("raw_commits_per_s", raw.commits_per_s,
             "commits a second of Postgres alone, one small row each, one after the other");
  report.add("raw_commit_p50_ms", percentile(raw.commit_ms, 0.5),
             "one commit of Postgres alone, half of them within, ms", 3);
  report.add("raw_commit_p99_ms", percentile(raw.commit_ms, 0.99),
             "one commit of Postgres alone, 99 % of them within, ms", 3);
}

} // namespace troupe::bench
