#include "runtime/simulation/simulation.hpp"

#include "runtime/simulation/auditor.hpp"
#include "runtime/simulation/people.hpp"
#include "runtime/simulation/process.hpp"
#include "runtime/simulation/simulated_bus.hpp"
#include "runtime/simulation/simulated_store.hpp"
#include "runtime/simulation/world.hpp"

namespace troupe::simulation {

Outcome simulate(const Scenario& scenario, std::uint64_t seed, bool traced) {
  World world{scenario, seed, traced};
  world.run();
  Outcome outcome;
  outcome.at = world.agenda().now();
  outcome.steps = world.agenda().steps();
  outcome.effects = world.auditor().effects();
  outcome.ends = world.auditor().ends();
  outcome.trace = world.lines();
  if (const auto& violation = world.auditor().violation()) {
    outcome.failed = true;
    outcome.property = violation->property;
    outcome.detail = violation->detail;
    outcome.at = violation->at;
  }
  return outcome;
}

std::map<std::string, SimulatedTool> sample_tools() {
  std::map<std::string, SimulatedTool> tools;
  for (const std::string effect : {"pure", "idempotent", "keyed", "once"}) {
    tools["near." + effect] = {effect, true};
    tools["far." + effect] = {effect, false, effect == "once"};
  }
  return tools;
}

} // namespace troupe::simulation
