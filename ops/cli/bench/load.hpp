// Runs of a plan, kept under way through the whole engine, and what they took.
#pragma once
#include <string>
#include <vector>

#include "ops/cli/bench/local_node.hpp"
#include "ops/cli/bench/suites.hpp"

namespace troupe::bench {

/// A node that owns runs of the one plan that is measured; what a job pins is checked once.
class Orchestrator {
 public:
  Orchestrator(Stage& stage, LocalNodeOptions options, const std::string& plan);

  LocalNode& node() { return node_; }
  Progress& progress() { return *progress_; }
  void submit(); // one more run

 private:
  std::shared_ptr<Progress> progress_ = std::make_shared<Progress>();
  LocalNode node_;
};

std::string sequence_of(unsigned steps);

/// Keeps so many runs under way.
class Load {
 public:
  Load(Orchestrator& orchestrator, unsigned in_flight)
      : orchestrator_{orchestrator}, in_flight_{in_flight} {}

  void keep_up(Millis time);
  void finish(); // Failure internal: not every run ended within a minute

 private:
  Orchestrator& orchestrator_;
  const std::uint64_t before_ = orchestrator_.progress().runs();
  std::uint64_t submitted_ = 0;
  unsigned in_flight_;
};

struct Saturated {
  double steps_per_s = 0, runs_per_s = 0, cpu_s_per_1000_steps = 0;
};
Saturated saturate(const Stage& stage, Orchestrator& orchestrator, const BenchOptions& options);

/// From the submission to the last append, of one run after the other; ms.
std::vector<double> alone(Orchestrator& orchestrator, const BenchOptions& options);

} // namespace troupe::bench
