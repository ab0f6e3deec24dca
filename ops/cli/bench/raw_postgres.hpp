// What Postgres alone can do, by libpq and without a line of the engine: the limit that a figure of
// the engine is held against.
#pragma once
#include <string>
#include <vector>

#include "ops/cli/bench/stage.hpp"
#include "ops/cli/bench/suites.hpp"

struct pg_conn;

namespace troupe::bench {

/// One connection, for one thread. Each call throws Failure unavailable with the server's words.
class PostgresSession {
 public:
  explicit PostgresSession(const std::string& url);
  ~PostgresSession();
  PostgresSession(const PostgresSession&) = delete;
  PostgresSession& operator=(const PostgresSession&) = delete;

  /// One or several statements.
  void run(const std::string& statements);
  std::vector<std::string> column(const std::string& query); // the first one of its rows
  void prepare(const char* name, const std::string& statement);
  void execute(const char* name, const std::string& argument);

 private:
  pg_conn* connection_;
};

struct RawPostgres {
  std::vector<double> commit_ms; // one small row and one commit each, one after the other
  double commits_per_s = 0;
  double rows_per_s = 0; // rows like the journal's, a thousand to a statement
};

/// In a database of its own. Blocks for twice the time that the options have for a limit.
RawPostgres measure_raw_postgres(const Stage& stage, const BenchOptions& options);

/// raw_rows_per_s, raw_commits_per_s, raw_commit_p50_ms and _p99_ms.
void add_limits(Report& report, const RawPostgres& raw);

} // namespace troupe::bench
