// Nodes in this process: the actors of `troupe node`, without its HTTP.
#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/node.hpp"
#include "ops/cli/bench/stage.hpp"
#include "runtime/ports/bus.hpp"
#include "runtime/store/store.hpp"

namespace troupe::bench {

struct LocalNodeOptions {
  std::string name = "bench", cluster = "default";
  std::string postgres_url{}; // of an orchestrator; empty: it is none
  bool agent = true;          // it runs attempts itself
  std::uint32_t slots = 1'024;
  std::vector<config::Team> teams{};
  std::vector<std::shared_ptr<toolkits::Toolkit>> toolkits{};
  std::shared_ptr<ports::Metrics> metrics = std::make_shared<ports::NoMetrics>();
};

class LocalNode {
 public:
  /// Failure unavailable: Postgres or NATS cannot be reached.
  LocalNode(Stage& stage, LocalNodeOptions options);
  ~LocalNode();
  LocalNode(const LocalNode&) = delete;
  LocalNode& operator=(const LocalNode&) = delete;

  /// Of an orchestrator.
  ports::Operations& operations() { return *node_->operations(); }
  store::Store& store() { return *store_; }
  /// Returns once so many nodes are heard of, this one among them, and it is ready.
  void wait_for_nodes(std::size_t number);

 private:
  void open_store(const std::string& url);

  Stage& stage_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ports::Bus> bus_;
  std::shared_ptr<actors::NodeContext> context_ = std::make_shared<actors::NodeContext>();
  std::unique_ptr<actors::Node> node_;
};

/// A link to the bus under a name of its own. Failure unavailable: NATS cannot be reached.
std::unique_ptr<ports::Bus> connect_bus(const Stage& stage, const std::string& name);
/// Failure unavailable: Postgres cannot be reached.
std::unique_ptr<store::Store> open_store(const std::string& url);

/// Counts what the engine says is durable. Thread-safe.
class Progress final : public ports::Metrics {
 public:
  void add(const ports::Counter& counter, ports::MetricLabels labels, double amount) override;
  void set(const ports::Gauge&, ports::MetricLabels, double) override {}
  void observe(const ports::Histogram&, ports::MetricLabels, double) override {}

  std::uint64_t runs() const { return runs_; }   // finished
  std::uint64_t steps() const { return steps_; } // completed by an attempt
  /// Whether so many runs have finished, once that is so or the time is over.
  bool wait_for_runs(std::uint64_t number, Millis limit);

 private:
  std::atomic<std::uint64_t> runs_{0}, steps_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
};

} // namespace troupe::bench
