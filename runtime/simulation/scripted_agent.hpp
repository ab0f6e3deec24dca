// An agent that follows a script drawn from the seed: the same for every attempt of one iteration
// of a step, so that a resumed attempt replays it; only whether it fails, or hangs, is the
// attempt's.
#pragma once
#include <map>
#include <memory>
#include <string>

#include "runtime/agent/attempt_driver.hpp"
#include "runtime/simulation/scenario.hpp"

namespace troupe::simulation {

/// `seed` is the world's. Its arguments name the effect: {"entry":"<step>/<iteration>/<n>"}.
std::unique_ptr<agent::Agent> make_scripted_agent(const agent::Assignment& assignment,
                                                  const Scenario& scenario, std::uint64_t seed);

} // namespace troupe::simulation
