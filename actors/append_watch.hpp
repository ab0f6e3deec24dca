// Who waits for the next append of a run, on this node.
#pragma once
#include <atomic>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "actors/protocol.hpp"
#include "runtime/ids.hpp"

namespace troupe::actors {

/// Thread-safe. Costs an append next to nothing while nobody waits.
class AppendWatch {
 public:
  void add(RunId run, caf::actor who) {
    const std::lock_guard lock{mutex_};
    waiting_[run].push_back(std::move(who));
    ++count_;
  }
  void remove(RunId run, const caf::actor& who) {
    const std::lock_guard lock{mutex_};
    const auto found = waiting_.find(run);
    if (found == waiting_.end()) return;
    count_ -= std::erase(found->second, who);
    if (found->second.empty()) waiting_.erase(found);
  }
  /// An append of the run is durable: each who waits gets RunAppended.
  void appended(RunId run) const {
    if (count_.load(std::memory_order_relaxed) == 0) return;
    const std::lock_guard lock{mutex_};
    if (const auto found = waiting_.find(run); found != waiting_.end())
      for (const auto& who : found->second) caf::anon_send(who, RunAppended{});
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<RunId, std::vector<caf::actor>> waiting_;
  std::atomic<std::size_t> count_{0};
};

} // namespace troupe::actors
