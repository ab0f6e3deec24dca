// Runs that the store says are this node's, until its orchestrator takes them up: a crash of that
// actor loses none.
#pragma once
#include <mutex>
#include <utility>
#include <vector>

#include "runtime/ports/job_store.hpp"

namespace troupe::actors {

/// Thread-safe.
class Arrivals {
 public:
  struct NewRun { // with its first append
    ports::RunRow row;
    ports::JournalRow first;
  };
  using Claim = Result<std::vector<ports::RunRow>>;
  struct All {
    std::vector<Claim> claims;
    std::vector<NewRun> runs;
  };

  /// True: nothing waited before, so the orchestrator has to be told.
  bool add(Claim claim) {
    const std::lock_guard lock{mutex_};
    all_.claims.push_back(std::move(claim));
    return !std::exchange(waiting_, true);
  }
  bool add(NewRun run) {
    const std::lock_guard lock{mutex_};
    all_.runs.push_back(std::move(run));
    return !std::exchange(waiting_, true);
  }
  All take() {
    const std::lock_guard lock{mutex_};
    waiting_ = false;
    return std::exchange(all_, {});
  }

 private:
  std::mutex mutex_;
  All all_;
  bool waiting_ = false;
};

} // namespace troupe::actors
