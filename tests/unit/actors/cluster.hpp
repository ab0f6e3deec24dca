// An orchestrator node and an agent node in one process, over the in-memory bus and store. Real
// actors, real threads.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "actors/node.hpp"
#include "net/bus/memory_bus.hpp"
#include "runtime/store/memory_store.hpp"

namespace troupe::actors {

/// A toolkit that counts what it did, and can be held in the middle of a call.
class LedgerToolkit final : public toolkits::Toolkit {
 public:
  LedgerToolkit();

  std::string_view name() const override { return "ledger"; }
  const std::vector<toolkits::ToolSpec>& tools() const override { return tools_; }
  bool bound() const override { return false; }
  /// ledger.read {"entry"} (pure), ledger.write {"entry"} and ledger.hold {"entry"} (idempotent;
  /// hold waits for release), ledger.flaky {"entry"} (idempotent; fails the first time),
  /// ledger.pay {"entry"} (once; waits for release after it has paid, and can tell whether it did),
  /// ledger.busy {"entry"} (pure; asks for a pause the first time),
  /// ledger.bulk {"entry"} (pure; gives bulk()).
  Result<JsonText> call(const toolkits::ToolCall& call, std::stop_token stop) override;
  toolkits::Reconciled reconcile(const toolkits::ToolCall& call, std::stop_token stop) override;

  static constexpr std::size_t bulk_bytes = 5 * 1024 * 1024;
  static JsonText bulk(); // a list of numbers, that large

  int count(const std::string& entry) const;
  bool holding() const { return holding_; }
  bool stopped() const { return stopped_; } // a call that held was asked to stop
  int asked() const { return asked_; }      // how often whether a call happened
  void release() { released_ = true; }

 private:
  std::vector<toolkits::ToolSpec> tools_;
  mutable std::mutex mutex_;
  std::map<std::string, int> counts_;
  std::set<std::string> paid_; // by idempotency key
  std::atomic<bool> holding_{false}, released_{false}, stopped_{false};
  std::atomic<int> asked_{0};
};

/// One node: its connection to the bus, and its actors.
struct TestNode {
  TestNode(bus::MemoryBroker& broker, std::string name,
           const std::shared_ptr<NodeContext>& context);

  std::unique_ptr<bus::MemoryBus> bus;
  std::shared_ptr<NodeContext> context;
  std::atomic<bool> failed{false};
  std::unique_ptr<Node> node;
};

class Cluster {
 public:
  Cluster();

  /// Submits a plan of the test team (its tools: ledger.*) and returns its run.
  RunId submit(const std::string& plan);
  /// The run as GET /v1/runs/{id} gives it. Throws if there is none.
  std::string view(RunId run);
  ports::RunState state(RunId run);
  bool finishes(RunId run, std::chrono::milliseconds bound = std::chrono::seconds{30});
  std::string events(RunId run);

  /// The actor that plays a part on either node, or an invalid handle. A prefix ending in `*` finds
  /// the first that fits.
  caf::actor find(const std::string& part) const;

  std::shared_ptr<LedgerToolkit> ledger = std::make_shared<LedgerToolkit>();
  std::shared_ptr<store::MemoryDatabase> database = store::make_memory_database();
  store::MemoryStore store{database};
  bus::MemoryBroker broker;
  std::unique_ptr<TestNode> orchestrator, agent, peer; // `peer`: another orchestrator
  std::vector<std::unique_ptr<TestNode>> more_agents;

  /// Of the test team, from the next start of an orchestrator on.
  std::vector<config::Schedule> schedules;

  void start_peer();
  /// Another agent node, that offers `roles` and serves these toolkits.
  TestNode& add_agent(const std::string& name, std::vector<std::string> roles,
                      std::vector<std::shared_ptr<toolkits::Toolkit>> toolkits);
  void start_agent();
  /// Another orchestrator process, with a database session of its own.
  void start_orchestrator(const std::string& name);

 private:
  std::unique_ptr<TestNode> make_orchestrator(const std::string& name);
};

} // namespace troupe::actors
