// The calls that a tool server has under way. Private to it.
#pragma once
#include <atomic>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>

#include "actors/protocol.hpp"
#include "runtime/supervision/call_driver.hpp"

namespace troupe::actors {

/// They outlive a crash of the actor, so that a call that was granted and may have acted is
/// settled, and never mistaken for one that was not.
class ToolCalls {
 public:
  explicit ToolCalls(IncarnationId process) : driver{process, entropy_} {}

  /// From the thread of a call; kept even if nobody plays the tool server's part at the moment.
  void finished(std::uint64_t call, CallEnded ended) {
    const std::lock_guard lock{mutex_};
    ended_.insert_or_assign(call, std::move(ended));
  }
  /// What a call under way hears of when it is asked to stop.
  std::stop_token started(std::uint64_t call) {
    const std::lock_guard lock{mutex_};
    return stops_[call].get_token();
  }
  void stop(std::uint64_t call) {
    const std::lock_guard lock{mutex_};
    if (const auto found = stops_.find(call); found != stops_.end()) found->second.request_stop();
  }
  /// How many are under way, as the node's vitals have it.
  void count(std::atomic<std::size_t>& in_all) {
    in_all += driver.calls().size() - counted_;
    counted_ = driver.calls().size();
  }
  std::optional<CallEnded> take_finished(std::uint64_t call) {
    const std::lock_guard lock{mutex_};
    auto node = ended_.extract(call);
    if (!node.empty()) stops_.erase(call);
    return node.empty() ? std::nullopt : std::optional{std::move(node.mapped())};
  }

 private:
  SystemEntropy entropy_; // of the driver
  std::mutex mutex_;
  std::map<std::uint64_t, CallEnded> ended_;
  std::map<std::uint64_t, std::stop_source> stops_;
  std::size_t counted_ = 0;

 public:
  supervision::CallDriver driver; // touched by the actor of the moment alone
};

} // namespace troupe::actors
