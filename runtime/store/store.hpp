// The store ports over one database, on Postgres (postgres_store.hpp) or in memory
// (memory_store.hpp).
#pragma once
#include "runtime/limits.hpp"
#include "runtime/ports/artifacts.hpp"
#include "runtime/ports/dead_letters.hpp"
#include "runtime/ports/job_store.hpp"
#include "runtime/ports/journal.hpp"
#include "runtime/ports/membership.hpp"
#include "runtime/ports/permits.hpp"
#include "runtime/ports/retention.hpp"
#include "runtime/ports/schedules.hpp"

namespace troupe::store {

/// Thread-safe. Destroying it ends its threads: calls of every port but Journal::append that
/// still wait are answered `internal`, waiting appends are dropped. Not to be destroyed from one of
/// its own callbacks.
class Store {
 public:
  virtual ~Store() = default;
  virtual ports::Journal& journal() = 0;
  virtual ports::JobStore& jobs() = 0;
  virtual ports::Membership& membership() = 0;
  virtual ports::Retention& retention() = 0;
  virtual ports::Schedules& schedules() = 0;
  virtual ports::Artifacts& artifacts() = 0;
  virtual ports::DeadLetters& dead_letters() = 0;
  virtual ports::Permits& permits() = 0;
  /// Whether the last thing it tried to reach the database succeeded. Does not block.
  virtual bool up() const = 0;
};

} // namespace troupe::store
