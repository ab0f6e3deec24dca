#include "ops/cli/bench/raw_postgres.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <memory>

#include "ops/cli/exit_codes.hpp"

namespace troupe::bench {
namespace {

using Steady = std::chrono::steady_clock;

constexpr auto time_for_each = std::chrono::milliseconds{1'500};
constexpr int rows_per_statement = 1'000;

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
};

class Connection {
 public:
  explicit Connection(const std::string& url) : connection_{PQconnectdb(url.c_str())} {}

  void run(const std::string& statement) { check(PQexec(connection_.get(), statement.c_str())); }
  void prepare(const char* name, const std::string& statement) {
    check(PQprepare(connection_.get(), name, statement.c_str(), 0, nullptr));
  }
  void execute(const char* name, const std::string& argument) {
    const char* const values[] = {argument.c_str()};
    check(PQexecPrepared(connection_.get(), name, 1, values, nullptr, nullptr, 0));
  }

 private:
  void check(PGresult* answer) {
    const std::unique_ptr<PGresult, Finish> result{answer};
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
      throw cli::Failure{cli::ExitCode::unavailable,
                         std::string{"Postgres: "} + PQerrorMessage(connection_.get())};
  }

  std::unique_ptr<PGconn, Finish> connection_;
};

} // namespace

RawPostgres measure_raw_postgres(const std::string& url) {
  Connection connection{url};
  connection.run("CREATE TABLE raw (run uuid, seq bigint, body text, PRIMARY KEY (run, seq))");
  connection.prepare("one", "INSERT INTO raw VALUES (gen_random_uuid(), 0, $1)");
  connection.prepare("many",
                     "INSERT INTO raw SELECT gen_random_uuid(), 0, $1 FROM generate_series(1, " +
                         std::to_string(rows_per_statement) + ")");
  const std::string body(300, 'x');
  RawPostgres raw;
  const auto end = Steady::now() + time_for_each;
  for (auto at = Steady::now(); at < end;) {
    connection.execute("one", body);
    const auto now = Steady::now();
    raw.commit_ms.push_back(std::chrono::duration<double, std::milli>(now - at).count());
    at = now;
  }
  const auto begin = Steady::now();
  int statements = 0;
  for (; Steady::now() < begin + time_for_each; ++statements) connection.execute("many", body);
  const std::chrono::duration<double> took = Steady::now() - begin;
  raw.rows_per_s = statements * rows_per_statement / took.count();
  connection.run("DROP TABLE raw");
  return raw;
}

} // namespace troupe::bench
