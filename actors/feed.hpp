// Stage 9 of 9: appends as CloudEvents on the bus, for whoever subscribes to
// troupe.<cluster>.evt.>.
#pragma once
#include <atomic>
#include <mutex>

#include "actors/caf_support.hpp"
#include "actors/node_context.hpp"
#include "runtime/supervision/feed_interest.hpp"
#include "runtime/view_limits.hpp"

namespace troupe::actors {

/// Which appends leave. Thread-safe. An append to which nobody listens costs a look into a table.
class FeedGate {
 public:
  supervision::FeedSend decide(RunId run) {
    const std::lock_guard lock{mutex_};
    return interest_.decide(run, monotonic_time());
  }
  void heard(RunId run, bool somebody) {
    const std::lock_guard lock{mutex_};
    interest_.heard(run, somebody);
  }
  /// A place on the way to the bus; false: there is none, and the append is not told.
  bool enter() {
    if (++queued_ <= limits::feed_queue_max) return true;
    return --queued_, false;
  }
  void leave() { --queued_; }
  void clear() { queued_ = 0; }

 private:
  std::mutex mutex_;
  supervision::FeedInterest interest_;
  std::atomic<std::size_t> queued_{0};
};

/// journal writer -> feed, once durable. Its sender has entered the gate.
struct FeedAppend {
  RunId run;
  ports::JournalRow row;
  supervision::FeedSend how{};
};
template <class T>
void actor_message(const T&);

/// Supervised by the node. What is lost with it is a gap that readers fill from the journal.
caf::actor spawn_feed(caf::actor_system& system, Context context);

} // namespace troupe::actors
