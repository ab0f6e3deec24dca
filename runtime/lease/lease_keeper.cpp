#include "runtime/lease/lease_keeper.hpp"

#include "runtime/limits.hpp"

namespace troupe::lease {
namespace {

/// Reads further apart than this leave a gap: the store, or this process, stood still, and so may
/// have every peer that wanted to renew.
constexpr Millis read_gap_max = 3 * limits::heartbeat_interval;
static_assert(read_gap_max < limits::lease_period);

} // namespace

void LeaseKeeper::beat(Instant wall, Millis now) {
  if (joining_ || leaving_) return;
  if (!owner_) return join(wall, now);
  if (!std::exchange(renewing_, true)) port_.renew(*owner_);
  port_.read_peers();
}

void LeaseKeeper::join(Instant wall, Millis now) {
  joining_ = true;
  next_ = entropy_.make_id<IncarnationId>(wall);
  join_asked_at_ = now;
  port_.join(next_);
}

void LeaseKeeper::joined(const Result<>& done) {
  joining_ = false;
  if (!done) return;
  if (leaving_) return port_.leave(next_);
  owner_ = next_;
  port_.grants_stand_until(join_asked_at_ + limits::lease_period - limits::lease_margin);
  port_.owner_is(next_);
}

void LeaseKeeper::renewed(const Result<bool>& stands, Millis asked_at, Instant wall, Millis now) {
  renewing_ = false;
  if (!stands || !owner_) return; // or it has left meanwhile
  if (*stands)
    return port_.grants_stand_until(asked_at + limits::lease_period - limits::lease_margin);
  const auto lost = *std::exchange(owner_, std::nullopt);
  port_.grants_stand_until(Millis::min());
  port_.lost(lost);
  join(wall, now);
}

bool LeaseKeeper::leave() {
  leaving_ = true;
  const auto owner = std::exchange(owner_, std::nullopt);
  port_.grants_stand_until(Millis::min());
  if (owner) port_.leave(*owner);
  return owner.has_value();
}

/// A beat is watched by this node's own boot-time clock, from the answer of one read to the asking
/// of a later one; a failed read, or a gap between reads, starts every watch afresh.
void LeaseKeeper::peers_read(const Result<std::vector<ports::PeerRow>>& peers, Millis asked_at,
                             Millis now) {
  const bool gap = last_read_ && now - *last_read_ > read_gap_max;
  if (!peers || (gap && rules_.lease_without_gaps)) watches_.clear();
  last_read_ = now;
  if (!peers) return;
  std::map<IncarnationId, Watch> next;
  for (const auto& peer : *peers) {
    if (peer.fenced || peer.incarnation == owner_) continue;
    const auto known = watches_.find(peer.incarnation);
    const bool same = known != watches_.end() && known->second.beat == peer.beat;
    next[peer.incarnation] = same ? known->second : Watch{peer.beat, now};
    if (same && asked_at - known->second.since > limits::lease_period) port_.fence(peer);
  }
  watches_ = std::move(next);
}

void LeaseKeeper::peer_fenced(const ports::PeerRow& peer, const Result<bool>& fenced) {
  watches_.erase(peer.incarnation);
  if (fenced && *fenced) port_.claim();
}

} // namespace troupe::lease
