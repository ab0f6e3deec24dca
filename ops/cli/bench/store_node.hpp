// A node that uses the ports of the store alone, without an actor.
#pragma once
#include <memory>
#include <string>

#include "ops/cli/bench/raw_postgres.hpp"
#include "runtime/ids.hpp"
#include "runtime/store/store.hpp"

namespace troupe::bench {

/// Thread-safe but for the making of ids and appends: one thread at a time.
class StoreNode {
 public:
  /// Opens the store and joins. Failure unavailable: Postgres cannot be reached.
  StoreNode(const std::string& url, const std::string& name);

  store::Store& store() { return *store_; }
  ports::JobStore& jobs() { return store_->jobs(); }
  ports::Journal& journal() { return store_->journal(); }
  IncarnationId me() const { return me_; }

  static Instant now() { return SystemClock{}.now(); }
  template <class IdType>
  IdType new_id() {
    return entropy_.make_id<IdType>(now());
  }
  ports::Append new_append(RunId run, Seq seq, std::string body);
  std::vector<ports::RunRow> claim(std::uint32_t limit);

 private:
  std::unique_ptr<store::Store> store_;
  SystemEntropy entropy_;
  IncarnationId me_;
};

/// `count` jobs and their runs, each with its first append, numbered from `first` on in the last
/// twelve digits of their ids, which begin with `prefix`, one hex digit; of five teams. `wake` is
/// SQL for when number g is due; "NULL": it pends.
void add_runs(PostgresSession& session, const std::string& prefix, std::uint64_t first,
              std::uint64_t count, const std::string& wake);

/// The number that add_runs gave a run.
std::uint64_t number_of(RunId run);

} // namespace troupe::bench
