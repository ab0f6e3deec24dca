// A cluster in one process under virtual time, from one seed: the drivers that the actors run,
// between a bus, a store and processes that fail, and an auditor that knows what really happened.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/simulation/scenario.hpp"
#include "runtime/supervision/event.hpp"

namespace troupe::simulation {

struct Outcome {
  bool failed = false;
  std::string property, detail; // that was violated first; README.md lists the properties
  Time at{};                    // virtual
  std::uint64_t steps = 0;      // of the agenda
  std::size_t effects = 0;      // that the world saw
  std::vector<supervision::RunFinished> ends; // of its runs
  std::vector<std::string> trace; // a line for whatever happened; empty unless asked for
};

/// The same for the same scenario and seed. Blocks; several may run at once on as many threads.
Outcome simulate(const Scenario& scenario, std::uint64_t seed, bool traced = false);

/// The tools that the agents of a plan without a catalogue call: one of each class of effect that
/// every node serves ("near.once"), and one that only some do ("far.once").
std::map<std::string, SimulatedTool> sample_tools();

} // namespace troupe::simulation
