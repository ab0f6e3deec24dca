// Who plays which part on this node right now. A supervisor replaces a handle when it restarts an
// actor; everybody else looks the part up when sending, so a restart needs no rewiring.
#pragma once
#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/caf_support.hpp"
#include "runtime/ids.hpp"

namespace troupe::actors {

/// The part that the actor of a run plays.
inline std::string run_part(RunId run) { return "run:" + to_string(run); }

/// Thread-safe. Parts: journal_writer bus_bridge dispatcher membership orchestrator intake
/// agent_host tool_server:<toolkit>, and, while they live, run:<id>, step:<run>/<path>,
/// group:<run>/<path>, agent:<run>/<attempt>.
class Directory {
 public:
  void set(const std::string& part, caf::actor actor) {
    const std::lock_guard lock{mutex_};
    parts_[part] = std::move(actor);
  }
  void remove(const std::string& part) {
    const std::lock_guard lock{mutex_};
    parts_.erase(part);
  }
  /// Handles keep their actors, which keep the node's context, which keeps this: whoever ends the
  /// node breaks the ring.
  void clear() {
    const std::lock_guard lock{mutex_};
    parts_.clear();
  }
  /// An invalid handle if nobody plays the part.
  caf::actor find(const std::string& part) const {
    const std::lock_guard lock{mutex_};
    const auto found = parts_.find(part);
    return found == parts_.end() ? caf::actor{} : found->second;
  }
  std::vector<std::string> parts() const {
    const std::lock_guard lock{mutex_};
    std::vector<std::string> names;
    for (const auto& [name, actor] : parts_) names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
  }
  /// Sends if somebody plays the part; otherwise the message is lost, as one to a crashed actor is.
  template <class Message>
  void tell(const std::string& part, Message message) const {
    if (const auto actor = find(part)) caf::anon_send(actor, std::move(message));
  }
  /// As tell, ahead of whatever waits in the mailbox.
  template <class Message>
  void tell_first(const std::string& part, Message message) const {
    if (const auto actor = find(part))
      caf::anon_send<caf::message_priority::high>(actor, std::move(message));
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, caf::actor> parts_;
};

} // namespace troupe::actors
