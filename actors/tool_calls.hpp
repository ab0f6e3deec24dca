// The calls that a tool server has under way. Private to it.
#pragma once
#include <time.h>

#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "actors/protocol.hpp"
#include "runtime/hash.hpp"

namespace troupe::actors {

/// Time since boot, suspend included: what grants are counted on.
inline Millis boot_time() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::duration_cast<Millis>(std::chrono::seconds{now.tv_sec} +
                                            std::chrono::nanoseconds{now.tv_nsec});
}

/// One call, from the agent's asking to the owner's last word.
struct ToolServerCall {
  enum class State : std::uint8_t { reserving, acting, settling };

  Incoming asked;
  message::ToolCall call;
  const toolkits::ToolSpec* spec = nullptr;
  std::string digest, owner_node;
  State state = State::reserving;
  NonceId nonce;
  Millis started{}, nonce_sent{}; // since boot
  std::uint32_t duration_ms = 0;
  std::optional<Result<JsonText>> result;
  std::stop_source stop;

  /// A grant counts from the first sending of its reserve; a repetition does not extend it.
  bool lapsed() const { return boot_time() - nonce_sent >= limits::grant_period; }

  message::ActivityOutcome outcome() const {
    message::ActivityOutcome out;
    if (*result)
      out.output = **result;
    else
      out.error = result->error();
    return out;
  }

  /// The same for every repeat of the same activity.
  std::string idempotency_key() const {
    const auto& context = asked.message.context;
    return sha256_hex(to_string(context.run) + '/' + context.step + '/' +
                      std::to_string(context.iteration) + (call.key.undo ? "/undo/" : "/do/") +
                      call.key.tool + '/' + std::to_string(call.key.ordinal));
  }
};

/// They outlive a crash of the actor, so that a call that was granted and may have acted is
/// settled, and never mistaken for one that was not.
class ToolCalls {
 public:
  std::map<std::uint64_t, ToolServerCall> calls; // touched by the actor of the moment alone
  std::uint64_t last = 0;

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
  std::mutex mutex_;
  std::map<std::uint64_t, CallEnded> ended_;
};

} // namespace troupe::actors
