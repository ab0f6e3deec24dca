// How a bounded number of places is shared between lanes, so that none can keep the others out:
// dynamic thresholds (Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory
// packet switches", IEEE/ACM Transactions on Networking 6(2), 1998). A lane may take a place while
// it holds fewer than limits::lane_share_of_free times those that are free, or fewer than one part
// in limits::lane_own_part of all. Nothing is set aside for lanes that hold nothing, and yet each
// finds room.
#pragma once
#include <algorithm>
#include <cstddef>
#include <map>
#include <vector>

#include "runtime/limits.hpp"
#include "runtime/ports/lane.hpp"

namespace troupe {

class LaneShares {
 public:
  using Held = std::map<ports::Lane, std::size_t>;

  explicit LaneShares(std::size_t places) : places_{places} {}

  std::size_t free() const { return places_ - std::min(total_, places_); }
  std::size_t own_part() const { return places_ / limits::lane_own_part; } // that each lane has
  std::size_t total() const { return total_; }
  std::size_t places() const { return places_; }
  std::size_t held_by(const ports::Lane& lane) const;
  bool has_room(const ports::Lane& lane) const { return held_by(lane) < threshold(); }
  /// Those that have none; lanes that hold nothing are not among them.
  std::vector<ports::Lane> full() const;

  void take(const ports::Lane& lane); // also beyond its share: what happened is counted
  void give_back(const ports::Lane& lane);
  void recount(Held held);

 private:
  std::size_t threshold() const {
    return std::max(limits::lane_share_of_free * free(), own_part());
  }

  std::size_t places_;
  std::size_t total_ = 0;
  Held held_;
};

} // namespace troupe
