// An orchestrator node in this process: the actors of `troupe node`, without its HTTP.
#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "actors/node.hpp"
#include "ops/cli/bench/stage.hpp"
#include "runtime/ports/bus.hpp"
#include "runtime/store/store.hpp"

namespace troupe::bench {

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

struct OrchestratorOptions {
  bool agent = true; // it runs attempts itself
  std::uint32_t slots = 1'024;
  config::Team team;
};

class Orchestrator {
 public:
  Orchestrator(Stage& stage, OrchestratorOptions options);
  ~Orchestrator();

  ports::Operations& operations() { return *node_->operations(); }
  Progress& progress() { return *progress_; }
  /// Returns once so many nodes are heard of, this one among them, and it is ready.
  void wait_for_nodes(std::size_t number);

 private:
  Stage& stage_;
  std::shared_ptr<Progress> progress_ = std::make_shared<Progress>();
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ports::Bus> bus_;
  std::shared_ptr<actors::NodeContext> context_ = std::make_shared<actors::NodeContext>();
  std::unique_ptr<actors::Node> node_;
};

} // namespace troupe::bench
