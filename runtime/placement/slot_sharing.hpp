// Stage 4 of 9: what an owner leaves to other owners of the slots that all of them ask for.
#pragma once
#include <cstdint>
#include <map>

#include "runtime/ids.hpp"

namespace troupe::placement {

/// Who asks for slots: at how many other owners steps wait, and how many steps.
struct Contenders {
  std::uint32_t owners = 0, steps = 0;
};

/// A slot comes back to the owner whose attempt held it, at once, and is told to all others with
/// the node's next heartbeat. An owner with a long queue would therefore never let go of it. So
/// from each heartbeat to the next it leaves what it holds beyond its share, as far as steps wait
/// elsewhere: not used again until one heartbeat has offered it to the others. A node with fewer
/// slots than owners goes from one to the next. What nobody takes (their steps may wait for
/// something else) is used again, and nothing more is left for a few heartbeats.
class SlotSharing {
 public:
  /// Of a node with so many slots, `placed` of them used by this owner's attempts. Returns how many
  /// of its `free` slots this owner may use until the next one.
  std::uint32_t heard(IncarnationId node, std::uint32_t slots, std::uint32_t free,
                      std::uint32_t placed, const Contenders& others);
  /// Whether a slot that comes back is left to the others.
  bool leaves(IncarnationId node);
  void forget(IncarnationId node) { nodes_.erase(node); }

 private:
  struct Node {
    std::uint32_t owed = 0;     // to be left before its next heartbeat
    std::uint32_t left = 0;     // since the last one
    std::uint32_t offered = 0;  // by the last one, to the others alone
    std::uint32_t patience = 0; // heartbeats for which nothing is left
  };
  std::map<IncarnationId, Node> nodes_; // that others ask for too
};

} // namespace troupe::placement
