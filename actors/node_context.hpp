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

#include "actors/directory.hpp"
#include "actors/link.hpp"
#include "runtime/config/settings.hpp"
#include "runtime/config/team.hpp"
#include "runtime/ids.hpp"
#include "runtime/ports/job_store.hpp"
#include "runtime/ports/journal.hpp"
#include "runtime/ports/membership.hpp"
#include "runtime/ports/metrics.hpp"
#include "toolkits/catalogue.hpp"

namespace troupe::actors {

inline constexpr std::string_view version = "0.1.0";

/// Facts that change. Thread-safe.
class Vitals {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  std::atomic<std::uint32_t> free_slots{0}, runs_owned{0};
  std::atomic<bool> draining{false}, joined{false}, store_up{false};

  /// Under which this node owns runs; anew after a fence.
  IncarnationId owner() const {
    const std::lock_guard lock{mutex_};
    return owner_;
  }
  void set_owner(IncarnationId incarnation) {
    const std::lock_guard lock{mutex_};
    owner_ = incarnation;
  }
  /// Grants are given only while the lease surely stands: until lease_margin before it could lapse.
  bool may_grant() const { return std::chrono::steady_clock::now() < grants_until_.load(); }
  void renewed(SteadyTime asked_at) {
    grants_until_ = asked_at + limits::lease_period - limits::lease_margin;
  }
  void lease_lost() { grants_until_ = SteadyTime::min(); }

 private:
  mutable std::mutex mutex_;
  IncarnationId owner_;
  std::atomic<SteadyTime> grants_until_{SteadyTime::min()};
};

/// The runs this node owns: outlives a crash of the orchestrator actor. Thread-safe.
class OwnedRuns {
 public:
  void add(const ports::RunRow& row) {
    const std::lock_guard lock{mutex_};
    rows_[row.id] = row;
  }
  void remove(RunId id) {
    const std::lock_guard lock{mutex_};
    rows_.erase(id);
  }
  void clear() {
    const std::lock_guard lock{mutex_};
    rows_.clear();
  }
  std::optional<ports::RunRow> find(RunId id) const {
    const std::lock_guard lock{mutex_};
    const auto found = rows_.find(id);
    return found == rows_.end() ? std::nullopt : std::optional{found->second};
  }
  std::vector<ports::RunRow> list() const {
    const std::lock_guard lock{mutex_};
    std::vector<ports::RunRow> rows;
    for (const auto& [id, row] : rows_) rows.push_back(row);
    return rows;
  }

 private:
  mutable std::mutex mutex_;
  std::map<RunId, ports::RunRow> rows_;
};

struct NodeContext {
  config::Settings settings;
  IncarnationId process; // of this start of the process: who executes
  std::shared_ptr<Link> link;
  std::shared_ptr<Vitals> vitals;
  std::shared_ptr<Directory> actors;
  std::shared_ptr<OwnedRuns> owned;
  std::shared_ptr<ports::Metrics> metrics = std::make_shared<ports::NoMetrics>();
  std::vector<config::Team> teams;
  toolkits::Catalogue catalogue; // of an agent node

  // Of an orchestrator node; null otherwise. They outlive the actors.
  ports::Journal* journal = nullptr;
  ports::JobStore* jobs = nullptr;
  ports::Membership* membership = nullptr;

  Instant now() const { return SystemClock{}.now(); }
  const std::string& node() const { return settings.node; }
};

using Context = std::shared_ptr<const NodeContext>;

} // namespace troupe::actors
