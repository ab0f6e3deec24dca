// How many jobs are unfinished and not parked, by lane, and who may open another one.
#pragma once
#include <vector>

#include "runtime/lane_shares.hpp"
#include "runtime/ports/job_store.hpp"
#include "runtime/store/pg_worker.hpp"

namespace troupe::store {

/// For the thread of one worker alone.
class PgOpenJobs {
 public:
  explicit PgOpenJobs(std::size_t most) : shares_{most} {}

  /// Counts again, if the last count is more than a second old, or sooner when somebody was refused
  /// by it. The fault is the connection's.
  std::optional<PgFault> refresh(PgConnection& connection, Deadline deadline);
  /// Which of those that come together find room, in their order; where there is none (null), that
  /// needs none. Nothing is taken yet.
  std::vector<bool> admit(const std::vector<const ports::NewJob*>& jobs);
  void opened(const ports::Lane& lane) { shares_.take(lane); }
  Error refusal(const ports::Lane& lane) const;

 private:
  LaneShares shares_;
  Deadline counted_at_{};
  Deadline::duration took_{};
  bool refused_ = false; // since the count
};

} // namespace troupe::store
