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

  /// Writes the row, with the backends of this process's connections, so that a fencer can
  /// terminate them.
  virtual void join(NodeRegistration node, Done<Unit> done) = 0;
  /// One more beat. False: fenced in the meantime; drop every run and join anew.
  virtual void renew(IncarnationId incarnation, bool bus_up, Done<bool> done) = 0;
  /// Every incarnation that has not left.
  virtual void peers(Done<std::vector<PeerRow>> done) = 0;
  /// Fences `incarnation` if its beat is still `seen_beat`, then terminates its recorded backends.
  /// False: it moved.
  virtual void fence(IncarnationId incarnation, std::uint64_t seen_beat, Done<bool> done) = 0;
  /// An orderly end: fenced by itself, its runs free for others.
  virtual void leave(IncarnationId incarnation, Done<Unit> done) = 0;
};

} // namespace troupe::ports
