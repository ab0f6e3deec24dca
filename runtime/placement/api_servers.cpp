#include "runtime/placement/api_servers.hpp"

#include <algorithm>

#include "runtime/limits.hpp"

namespace troupe::placement {
namespace {

constexpr Millis forgotten_after{3'600'000};

} // namespace

bool serves_api(const message::NodeHeartbeat& beat) {
  return !beat.http.empty() && std::ranges::count(beat.modes, "orchestrator") > 0;
}

bool ApiServers::is_silent(const Server& server, Millis now) {
  return now - server.seen >= limits::lease_period;
}

bool ApiServers::hear(const std::string& node, const message::NodeHeartbeat& beat, Millis now) {
  const bool serves = serves_api(beat);
  const std::lock_guard lock{mutex_};
  const auto known = servers_.find(node);
  if (known != servers_.end() && beat.incarnation < known->second.incarnation)
    return false; // it came late
  const bool fresh = known == servers_.end() || known->second.incarnation != beat.incarnation;
  if (serves)
    servers_[node] = {beat.incarnation, beat.http, beat.draining, now};
  else if (known != servers_.end())
    servers_.erase(known);
  return serves && fresh;
}

void ApiServers::drains(IncarnationId incarnation) {
  const std::lock_guard lock{mutex_};
  for (auto& [node, server] : servers_)
    if (server.incarnation == incarnation) server.draining = true;
}

void ApiServers::left(IncarnationId incarnation) {
  const std::lock_guard lock{mutex_};
  std::erase_if(servers_, [&](const auto& item) { return item.second.incarnation == incarnation; });
}

std::vector<std::string> ApiServers::urls(Millis now) {
  const std::lock_guard lock{mutex_};
  std::erase_if(servers_,
                [&](const auto& item) { return now - item.second.seen >= forgotten_after; });
  std::vector<std::string> ready, draining, silent;
  for (const auto& [node, server] : servers_)
    (is_silent(server, now) ? silent : server.draining ? draining : ready).push_back(server.url);
  if (!ready.empty())
    std::rotate(ready.begin(), ready.begin() + static_cast<std::ptrdiff_t>(turn_++ % ready.size()),
                ready.end());
  for (const auto& later : {draining, silent})
    ready.insert(ready.end(), later.begin(), later.end());
  return ready;
}

std::size_t ApiServers::count(Millis now) const {
  const std::lock_guard lock{mutex_};
  return static_cast<std::size_t>(std::ranges::count_if(servers_, [&](const auto& item) {
    return !item.second.draining && !is_silent(item.second, now);
  }));
}

} // namespace troupe::placement
