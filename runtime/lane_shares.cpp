#include "runtime/lane_shares.hpp"

namespace troupe {

std::size_t LaneShares::held_by(const ports::Lane& lane) const {
  const auto found = held_.find(lane);
  return found == held_.end() ? 0 : found->second;
}

std::vector<ports::Lane> LaneShares::full() const {
  std::vector<ports::Lane> lanes;
  for (const auto& [lane, held] : held_)
    if (held >= threshold()) lanes.push_back(lane);
  return lanes;
}

void LaneShares::take(const ports::Lane& lane) {
  ++held_[lane];
  ++total_;
}

void LaneShares::give_back(const ports::Lane& lane) {
  const auto found = held_.find(lane);
  if (found == held_.end()) return;
  if (--found->second == 0) held_.erase(found);
  --total_;
}

void LaneShares::recount(Held held) {
  held_ = std::move(held);
  total_ = 0;
  for (const auto& [lane, count] : held_) total_ += count;
}

} // namespace troupe
