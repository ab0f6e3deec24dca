// This node's lease, and the watch over everybody else's (DURABILITY.md, "Nodes, leases,
// adoption"). Sans I/O: actors/membership and the simulation run this class.
#pragma once
#include <map>
#include <optional>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/ids.hpp"
#include "runtime/ports/membership.hpp"
#include "runtime/rules.hpp"

namespace troupe::lease {

/// What a lease needs of its shell. No call may lead back into the keeper before it has returned.
class LeasePort {
 public:
  virtual ~LeasePort() = default;
  virtual void join(IncarnationId incarnation) = 0;     // answer: joined()
  virtual void renew(IncarnationId incarnation) = 0;    // answer: renewed()
  virtual void read_peers() = 0;                        // answer: peers_read()
  virtual void fence(const ports::PeerRow& peer) = 0;   // answer: peer_fenced()
  virtual void grants_stand_until(Millis until) = 0;    // by this node's boot-time clock
  virtual void owner_is(IncarnationId incarnation) = 0; // joined: claim
  virtual void lost(IncarnationId incarnation) = 0;     // fenced: drop every run
  virtual void claim() = 0;                             // a peer is fenced: its runs are free
  virtual void leave(IncarnationId incarnation) = 0;    // gives the lease up
};

/// Every Millis is of this node's boot-time clock: monotonic, and it goes on through a suspend of
/// the machine, which then shows as a gap.
class LeaseKeeper {
 public:
  /// `owner`: the incarnation to go on with, if the shell before has joined. Both references must
  /// outlive the keeper.
  LeaseKeeper(Entropy& entropy, LeasePort& port, std::optional<IncarnationId> owner = {},
              Rules rules = {})
      : entropy_{entropy}, port_{port}, rules_{rules}, owner_{owner} {}

  /// Once a heartbeat: joins if it has not, renews, reads the peers. `wall` goes into ids alone.
  void beat(Instant wall, Millis now);

  // Answers; those that the store failed to give are errors. `asked_at`: when the call was made.
  void joined(const Result<>& done);
  void renewed(const Result<bool>& stands, Millis asked_at, Instant wall, Millis now);
  void peers_read(const Result<std::vector<ports::PeerRow>>& peers, Millis asked_at, Millis now);
  void peer_fenced(const ports::PeerRow& peer, const Result<bool>& fenced);

  /// The node ends in order, and drives no run any more: it joins no more, and leaves if it has.
  /// False: there is nothing to leave.
  bool leave();

  std::optional<IncarnationId> owner() const { return owner_; }

 private:
  struct Watch {
    std::uint64_t beat = 0;
    Millis since{}; // it surely stood at that beat from here on
  };

  void join(Instant wall, Millis now);

  Entropy& entropy_;
  LeasePort& port_;
  Rules rules_;
  std::optional<IncarnationId> owner_;
  IncarnationId next_;
  Millis join_asked_at_{};
  bool joining_ = false, renewing_ = false, leaving_ = false;
  std::map<IncarnationId, Watch> watches_;
  std::optional<Millis> last_read_;
};

} // namespace troupe::lease
