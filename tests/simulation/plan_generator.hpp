// Plans drawn from a seed, and the scenario that each is simulated in.
#pragma once
#include <string>

#include "runtime/simulation/scenario.hpp"

namespace troupe::simulation {

/// A plan in YAML: groups in groups, steps of agents and tools, needs, retries, timeouts, `always`.
std::string generate_plan(std::uint64_t seed);

/// The plan and the faults of a seed. Throws if the plan has faults.
Scenario generate_scenario(std::uint64_t seed);

/// A scenario for a plan's text, and that of the plan `other` if it starts one: three
/// orchestrators, three agent nodes, the sample tools.
Scenario scenario_for(const std::string& plan, const std::string& child = "");

} // namespace troupe::simulation
