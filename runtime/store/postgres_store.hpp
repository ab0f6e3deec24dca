// The store ports on Postgres 14 or later.
#pragma once
#include <memory>
#include <string>

#include "runtime/result.hpp"
#include "runtime/store/store.hpp"

namespace troupe::store {

struct PostgresOptions {
  std::string url{}; // conninfo string or URI: "postgresql://user@host/database", "host=/run/pg"
  std::size_t open_jobs_max = limits::open_jobs_max; // unfinished jobs, beyond which none is taken
  Millis open_timeout{10'000}; // for connecting once and bringing the schema up to date
};

/// Connects once, brings the schema up to date and starts the threads; blocks meanwhile. From then
/// on the store reconnects by itself, for ever. It uses six connections (journal, intake, reads,
/// upkeep, lease, watch), straight to the server: a pooler that shares sessions would break the
/// fence.
///
/// Errors say what to do. invalid_input: the url cannot be read, the server is too old or not
/// UTF-8, the database was made by a newer or another Troupe. denied: wrong user or password, or no
/// right to create tables. internal: cannot be reached, or cannot serve now (read-only, full);
/// worth trying again.
Result<std::unique_ptr<Store>> open_postgres_store(const PostgresOptions& options);

} // namespace troupe::store
