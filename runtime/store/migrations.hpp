// The schema, versioned: schema/NNN_name.sql, embedded at build time (embed_sql.cmake).
#pragma once
#include <span>

#include "runtime/result.hpp"
#include "runtime/store/pg_connection.hpp"

namespace troupe::store {

struct Migration {
  int version; // 1, 2, 3, ... without a gap
  const char* name;
  const char* sql;
};

/// All that this binary knows, in order.
std::span<const Migration> migrations();

/// Brings the database to the last of `wanted`, each migration in a transaction of its own, under a
/// lock that other nodes wait for. Nothing is done where nothing is missing; then the right to
/// create tables is not needed either.
/// invalid_input: the database is newer than `wanted`, or was made by other migrations than these.
/// denied: the user may not create tables. internal: everything else the server said.
Result<> migrate(PgConnection& connection, std::span<const Migration> wanted, Deadline deadline);

/// What a fault is to the caller of a store: an Error whose text says what to do.
Error to_error(const PgFault& fault, const std::string& what_was_done);

} // namespace troupe::store
