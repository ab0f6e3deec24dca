// What goes wrong under a seed: fair weather, whoever stands still before a slow store, owners that
// change while tools act, clocks that jump.
#pragma once
#include "runtime/simulation/scenario.hpp"

namespace troupe::simulation {

/// Sets how many nodes and runs there are, the faults and the habits.
void set_weather(Scenario& scenario, std::uint64_t seed);

} // namespace troupe::simulation
