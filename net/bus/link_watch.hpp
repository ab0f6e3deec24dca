// When a server that says nothing, or takes nothing, is given up.
#pragma once
#include <cstdint>

#include "runtime/clock.hpp"

namespace troupe::bus {

/// What the thread of a link has done so far.
struct LinkProgress {
  std::uint64_t reads = 0, writes = 0;
  bool unwritten = false; // something waits to be written
};

/// Counts how often it looked, not the time: a process that was suspended does not take its own
/// absence for the server's.
class LinkWatch {
 public:
  /// `ping_interval`: how often the server is asked for a sign of life.
  LinkWatch(Millis ping_interval, Millis write_deadline);

  Millis interval() const { return interval_; } // between two looks

  /// Null: all is well. Else why the server is given up: two pings are unanswered, or nothing of
  /// what waits was written for the write deadline.
  const char* look(const LinkProgress& now);

 private:
  Millis silent_max_, stuck_max_, interval_;
  LinkProgress last_;
  std::int64_t silent_ = 0, stuck_ = 0; // looks in a row
};

} // namespace troupe::bus
