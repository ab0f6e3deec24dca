// The calls that a tool server has under way. Private to it.
#pragma once
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
  std::optional<CallEnded> take_finished(std::uint64_t call) {
    const std::lock_guard lock{mutex_};
    auto node = ended_.extract(call);
    return node.empty() ? std::nullopt : std::optional{std::move(node.mapped())};
  }

 private:
  SystemEntropy entropy_; // of the driver
  std::mutex mutex_;
  std::map<std::uint64_t, CallEnded> ended_;

 public:
  supervision::CallDriver driver; // touched by the actor of the moment alone
};

} // namespace troupe::actors
