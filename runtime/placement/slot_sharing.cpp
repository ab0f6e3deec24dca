#include "runtime/placement/slot_sharing.hpp"

#include <algorithm>
#include <utility>

namespace troupe::placement {
namespace {

constexpr std::uint32_t heartbeats_untaken = 4; // that nothing is left after nobody has taken it

/// Rounded up, so that no slot wanders for want of an even split.
std::uint32_t fair_share(std::uint32_t slots, std::uint32_t owners) {
  return slots < owners ? 0 : (slots + owners - 1) / owners;
}

} // namespace

std::uint32_t SlotSharing::heard(IncarnationId node, std::uint32_t slots, std::uint32_t free,
                                 std::uint32_t placed, const Contenders& others) {
  if (others.owners == 0) {
    nodes_.erase(node);
    return free;
  }
  auto& known = nodes_[node];
  if (known.offered > 0 && free >= known.offered)
    known.patience = heartbeats_untaken;
  else if (known.patience > 0)
    --known.patience;
  known.offered = std::min(std::exchange(known.left, 0u), free);
  const auto share = fair_share(slots, others.owners + 1);
  const bool owes = known.patience == 0 && placed > share;
  known.owed = owes ? std::min(placed - share, others.steps) : 0;
  return free - known.offered;
}

bool SlotSharing::leaves(IncarnationId node) {
  const auto known = nodes_.find(node);
  if (known == nodes_.end() || known->second.owed == 0) return false;
  --known->second.owed;
  ++known->second.left;
  return true;
}

} // namespace troupe::placement
