// What Postgres alone can do, by libpq and without a line of the engine: the limit that a figure of
// the engine is held against.
#pragma once
#include <string>
#include <vector>

namespace troupe::bench {

struct RawPostgres {
  std::vector<double> commit_ms; // one small row and one commit each, one after the other
  double rows_per_s = 0;         // rows like the journal's, a thousand to a statement
};

/// Blocks for about three seconds. Failure unavailable: it cannot be reached.
RawPostgres measure_raw_postgres(const std::string& url);

} // namespace troupe::bench
