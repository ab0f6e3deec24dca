// What the actors of one node share: ports, settings and the few facts that change while it runs.
#pragma once
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "actors/arrivals.hpp"
#include "actors/clocks.hpp"
#include "actors/directory.hpp"
#include "actors/link.hpp"
#include "actors/load.hpp"
#include "actors/services.hpp"
#include "runtime/config/settings.hpp"
#include "runtime/config/team.hpp"
#include "runtime/ids.hpp"
#include "runtime/placement/api_servers.hpp"
#include "runtime/ports/artifacts.hpp"
#include "runtime/ports/dead_letters.hpp"
#include "runtime/ports/job_store.hpp"
#include "runtime/ports/journal.hpp"
#include "runtime/ports/membership.hpp"
#include "runtime/ports/metrics.hpp"
#include "runtime/ports/permits.hpp"
#include "runtime/ports/retention.hpp"
#include "runtime/ports/schedules.hpp"
#include "runtime/supervision/kept_runs.hpp"
#include "toolkits/catalogue.hpp"

namespace troupe::actors {

class AppendWatch;
class FeedGate;

inline constexpr std::string_view version = "0.1.0";

/// Facts that change. Thread-safe.
class Vitals {
 public:
  std::atomic<std::uint32_t> free_slots{0}, runs_owned{0}, steps_waiting{0};
  std::atomic<std::size_t> attempts{0}, tool_calls{0}; // under way here
  std::atomic<bool> draining{false}, joined{false}, store_up{false};
  std::atomic<bool> left{false}; // its runs and its lease are given up

  /// Under which this node owns runs; anew after a fence.
  IncarnationId owner() const {
    const std::lock_guard lock{mutex_};
    return owner_;
  }
  void set_owner(IncarnationId incarnation) {
    const std::lock_guard lock{mutex_};
    owner_ = incarnation;
  }
  /// Where others reach this node's HTTP, and then the other orchestrators', as they tell.
  std::string http() const {
    const std::lock_guard lock{mutex_};
    return http_;
  }
  void set_http(std::string url) {
    const std::lock_guard lock{mutex_};
    http_ = std::move(url);
  }
  std::vector<std::string> all_http() const {
    const std::lock_guard lock{mutex_};
    std::vector<std::string> urls;
    if (!http_.empty()) urls.push_back(http_);
    for (const auto& url : others_http_)
      if (url != http_) urls.push_back(url);
    return urls;
  }
  void set_others_http(std::vector<std::string> urls) {
    const std::lock_guard lock{mutex_};
    others_http_ = std::move(urls);
  }
  /// Grants are given only while the lease surely stands (runtime/lease).
  bool may_grant() const { return boot_time() < grants_until_.load(); }
  void grant_until(Millis until) { grants_until_ = until; }
  supervision::Taker taker() const {
    const std::lock_guard lock{mutex_};
    return taker_;
  }
  void set_taker(supervision::Taker taker) {
    const std::lock_guard lock{mutex_};
    taker_ = std::move(taker);
  }

 private:
  mutable std::mutex mutex_;
  IncarnationId owner_;
  supervision::Taker taker_;
  std::string http_;
  std::vector<std::string> others_http_;
  std::atomic<Millis> grants_until_{Millis::min()}; // by the boot-time clock
};

struct NodeContext {
  config::Settings settings;
  IncarnationId process; // of this start of the process: who executes
  std::shared_ptr<Link> link;
  std::shared_ptr<Vitals> vitals;
  std::shared_ptr<Directory> actors;
  std::shared_ptr<Load> load = std::make_shared<Load>();
  std::shared_ptr<ServiceCounts> served = std::make_shared<ServiceCounts>();
  /// Of an orchestrator node: outlives a crash of that actor, and is touched by it alone.
  std::shared_ptr<supervision::KeptRuns> kept = std::make_shared<supervision::KeptRuns>();
  /// Of a gateway node.
  std::shared_ptr<placement::ApiServers> api_servers = std::make_shared<placement::ApiServers>();
  std::shared_ptr<Arrivals> arrivals = std::make_shared<Arrivals>();
  std::shared_ptr<AppendWatch> appends; // the node's actors make it,
  std::shared_ptr<FeedGate> feed;       // and this
  std::shared_ptr<ports::Metrics> metrics = std::make_shared<ports::NoMetrics>();
  std::vector<config::Team> teams;
  // Of a node that runs attempts or serves toolkits.
  toolkits::Catalogue catalogue;
  std::shared_ptr<ports::HttpClient> http; // to orchestrator nodes, for artifacts

  // Of an orchestrator node; null otherwise. They outlive the actors.
  ports::Journal* journal = nullptr;
  ports::JobStore* jobs = nullptr;
  ports::Membership* membership = nullptr;
  ports::Retention* retention = nullptr;
  ports::Schedules* schedules = nullptr;
  ports::Artifacts* artifacts = nullptr;
  ports::DeadLetters* dead_letters = nullptr;
  ports::Permits* permits = nullptr;
  std::string token_key; // under which tokens of attempts are signed (runtime/artifact/token)

  Instant now() const { return SystemClock{}.now(); }
  const std::string& node() const { return settings.node; }
};

using Context = std::shared_ptr<const NodeContext>;

/// Tells the cluster that this node takes nothing more, and that runs it had may be free.
inline void announce_draining(const NodeContext& context, std::string_view from_actor) {
  [[maybe_unused]] const auto sent = context.link->publish(
      "hb", "all",
      context.link->make(from_actor, "*/dispatcher", {}, message::NodeDraining{context.process}));
}

} // namespace troupe::actors
