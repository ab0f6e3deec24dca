// Port: incarnations and their leases (DURABILITY.md, "Nodes, leases, adoption"). It has a
// connection of its own.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/ids.hpp"
#include "runtime/result.hpp"

namespace troupe::ports {

struct NodeRegistration {
  IncarnationId incarnation;
  std::string name;
  std::string version;
};

struct PeerRow {
  IncarnationId incarnation;
  std::string name;
  std::uint64_t beat = 0; // a counter, not a time
  bool bus_up = true;
  bool fenced = false;
};

/// All calls: never block, `done` runs exactly once on a thread of the store; internal: it cannot
/// be reached.
class Membership {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;

  virtual ~Membership() = default;

  /// Writes the row, with the name of this store's connections (their application_name, so that a
  /// reconnect needs no second record), by which a fencer can terminate them. invalid_input: that
  /// incarnation is fenced; join under a new one.
  virtual void join(NodeRegistration node, Done<Unit> done) = 0;
  /// One more beat. False: fenced in the meantime; drop every run and join anew. The lease counts
  /// from the call, not from the answer.
  virtual void renew(IncarnationId incarnation, bool bus_up, Done<bool> done) = 0;
  /// Every incarnation that has not left. Never answered across a reconnect: any trouble is
  /// `internal` at once, because a gap in the reads restarts a watch.
  virtual void peers(Done<std::vector<PeerRow>> done) = 0;
  /// Fences `incarnation` if its beat is still `seen_beat`, terminating its recorded backends where
  /// one of them holds the row. True: it is fenced, by this call or before, or has left. False: it
  /// moved.
  virtual void fence(IncarnationId incarnation, std::uint64_t seen_beat, Done<bool> done) = 0;
  /// An orderly end: fenced by itself, its runs free for others.
  virtual void leave(IncarnationId incarnation, Done<Unit> done) = 0;
};

} // namespace troupe::ports
