// A scenario for somebody's own plan: what its agents and tools answer is made up from what the
// plan reads of them, so that its later steps are reached.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "runtime/simulation/scenario.hpp"

namespace troupe::simulation {

struct PlanUnderTest {
  std::shared_ptr<const config::UnpackedBundle> bundle;
  JsonText inputs{"{}"}; // a JSON object; what the plan requires besides is made up
  /// What is known of tools. One that only the plan names is taken for `once`: whoever knows
  /// nothing of a tool must not repeat it.
  std::map<std::string, SimulatedTool> tools;
  std::map<std::string, JsonText> answers; // of steps, by id; the others are made up
};

/// The same for the same plan and seed. Requires a bundle with the plans of all child runs.
Scenario make_scenario(const PlanUnderTest& test, std::uint64_t seed);

} // namespace troupe::simulation
