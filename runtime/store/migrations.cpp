#include "runtime/store/migrations.hpp"

#include "runtime/hash.hpp"
#include "runtime/log.hpp"

namespace troupe::store {
namespace {

// One number for all versions of Troupe: whoever changes the schema holds it.
constexpr const char* take_lock = "SELECT pg_advisory_lock(7016996765293437281)";
constexpr const char* give_lock = "SELECT pg_advisory_unlock(7016996765293437281)";

constexpr PgStatement exists{"schema_migrations_exists",
                             "SELECT to_regclass('schema_migrations') IS NOT NULL"};
constexpr PgStatement applied{"schema_migrations_applied",
                              "SELECT version, name, digest FROM schema_migrations ORDER BY 1"};
constexpr const char* create_table =
    "CREATE TABLE schema_migrations ("
    " version integer PRIMARY KEY, name text NOT NULL, digest text NOT NULL,"
    " applied_at timestamptz NOT NULL DEFAULT now())";

std::string label(int version, std::string_view name) {
  return std::to_string(version) + ' ' + std::string{name};
}

/// invalid_input where what is there is not the beginning of what is wanted. The number of
/// migrations that are there.
Result<std::size_t> compare(const PgRows& rows, std::span<const Migration> wanted) {
  if (rows.size() > wanted.size())
    return make_error(
        ErrorClass::invalid_input,
        "the database's schema is at version " + std::to_string(rows.size()) +
            ", this program knows only " + std::to_string(wanted.size()) +
            ": start a newer version of Troupe, or point postgres_url at another database");
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows.integer(i, 0) != wanted[i].version || rows.text(i, 2) != sha256_hex(wanted[i].sql))
      return make_error(ErrorClass::invalid_input,
                        "the database's schema has another migration " +
                            label(static_cast<int>(rows.integer(i, 0)), rows.text(i, 1)) +
                            " than this program: it was made by a different build; point "
                            "postgres_url at another database");
  return rows.size();
}

Result<std::size_t> count_applied(PgConnection& connection, std::span<const Migration> wanted,
                                  Deadline deadline) {
  const auto table = connection.run(exists, {}, deadline);
  if (!table.ok()) return to_error(*table.fault, "looking for the schema");
  if (!table.rows.boolean(0, 0)) return std::size_t{0};
  const auto rows = connection.run(applied, {}, deadline);
  if (!rows.ok()) return to_error(*rows.fault, "reading the schema's version");
  return compare(rows.rows, wanted);
}

Result<> apply_missing(PgConnection& connection, std::span<const Migration> wanted,
                       Deadline deadline) {
  const auto done = count_applied(connection, wanted, deadline); // another node may have been first
  if (!done) return done.error();
  for (std::size_t i = *done; i < wanted.size(); ++i) {
    const auto& migration = wanted[i];
    const auto name = label(migration.version, migration.name);
    std::string script = "BEGIN;\n";
    if (i == 0) script += std::string{create_table} + ";\n";
    script += migration.sql;
    script += "\nINSERT INTO schema_migrations (version, name, digest) VALUES (" +
              std::to_string(migration.version) + ", '" + migration.name + "', '" +
              sha256_hex(migration.sql) + "');\nCOMMIT";
    if (const auto answer = connection.script(script, deadline); !answer.ok()) {
      (void)connection.script("ROLLBACK", deadline);
      return to_error(*answer.fault, "applying the migration " + name);
    }
    log::info("store.migrated", {{"migration", name}});
  }
  return {};
}

} // namespace

Error to_error(const PgFault& fault, const std::string& what_was_done) {
  const auto is = [&](const char* state) { return fault.sqlstate == state; };
  auto error_class = ErrorClass::internal;
  std::string remedy;
  if (is("25006")) {
    remedy = "; the server is read-only: point postgres_url at the primary";
  } else if (is("42501")) {
    error_class = ErrorClass::denied;
    remedy =
        "; grant the user of postgres_url the rights on its schema (it must own it, or have "
        "CREATE and USAGE)";
  } else if (is("53100")) {
    remedy = "; the server's disk is full: make room there";
  } else if (is("53300")) {
    remedy = "; the server has no connection left: raise its max_connections";
  }
  return make_error(error_class, "Postgres, " + what_was_done + ": " + fault.message + remedy);
}

Result<> migrate(PgConnection& connection, std::span<const Migration> wanted, Deadline deadline) {
  const auto done = count_applied(connection, wanted, deadline);
  if (!done) return done.error();
  if (*done == wanted.size()) return {};
  if (const auto locked = connection.script(take_lock, deadline); !locked.ok())
    return to_error(*locked.fault, "waiting for another node to change the schema");
  auto outcome = apply_missing(connection, wanted, deadline);
  if (connection.is_open()) (void)connection.script(give_lock, deadline);
  return outcome;
}

} // namespace troupe::store
