// The whole of it: faults in the order of their seed over a workload, then the audit.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "tests/chaos/audit.hpp"

namespace troupe::chaos {

struct Options {
  unsigned kills = 50;
  std::uint64_t seed = 1;
  std::filesystem::path keep; // logs and ledger stay there; empty: they go
};

struct Outcome {
  Options options;
  Findings findings;
  std::map<std::string, unsigned> struck; // by the name of their kind
  unsigned unexpected_ends = 0;           // of nodes that nobody killed
  Millis took{};

  bool holds() const { return findings.faults.empty(); }
};

/// Blocks until it is over. Throws std::runtime_error: the cluster could not be started.
Outcome run_chaos(const Options& options);

std::string to_json(const Outcome& outcome);
std::string to_text(const Outcome& outcome);

} // namespace troupe::chaos
