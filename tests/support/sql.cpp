#include "tests/support/sql.hpp"

#include <libpq-fe.h>

#include <stdexcept>

namespace troupe::support {

Sql::Sql(const std::string& conninfo) : connection_{PQconnectdb(conninfo.c_str())} {
  PQsetNoticeProcessor(
      connection_, [](void*, const char*) {}, nullptr);
  if (PQstatus(connection_) == CONNECTION_OK) return;
  const std::string reason = PQerrorMessage(connection_);
  PQfinish(connection_);
  throw std::runtime_error{reason};
}

Sql::~Sql() { PQfinish(connection_); }

void Sql::send(const std::string& statements) {
  if (!PQsendQuery(connection_, statements.c_str()))
    throw std::runtime_error{PQerrorMessage(connection_)};
}

Sql::Rows Sql::finish() {
  Rows rows;
  std::string failure;
  while (PGresult* result = PQgetResult(connection_)) {
    const auto status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && failure.empty())
      failure = PQresultErrorMessage(result);
    rows.assign(static_cast<std::size_t>(PQntuples(result)), {});
    for (int row = 0; row < PQntuples(result); ++row)
      for (int column = 0; column < PQnfields(result); ++column)
        rows[static_cast<std::size_t>(row)].emplace_back(PQgetvalue(result, row, column));
    PQclear(result);
  }
  if (!failure.empty()) throw std::runtime_error{failure};
  return rows;
}

Sql::Rows Sql::run(const std::string& statements) {
  send(statements);
  return finish();
}

std::string Sql::value(const std::string& statement) {
  const auto rows = run(statement);
  return rows.empty() || rows[0].empty() ? "" : rows[0][0];
}

} // namespace troupe::support
