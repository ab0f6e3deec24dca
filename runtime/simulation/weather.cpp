#include "runtime/simulation/weather.hpp"

#include "runtime/clock.hpp"

namespace troupe::simulation {

void set_weather(Scenario& scenario, std::uint64_t seed) {
  SeededEntropy entropy{~seed};
  scenario.runs = entropy.uniform() < 0.2 ? 2 : 1;
  scenario.orchestrators = 2 + (entropy.uniform() < 0.5);
  scenario.agents = 2 + (entropy.uniform() < 0.5);
  auto& faults = scenario.faults;
  faults.until = Time{8'000 + static_cast<std::int64_t>(entropy.uniform() * 12'000)};
  const double weather = entropy.uniform();
  if (weather < 0.1) { // fair
    faults = {.until = Time{1'000}, .pause_at_boundary = 0, .crashes = 0, .pauses = 0};
  } else if (weather < 0.4) { // whoever stands still, before a slow store
    faults.pauses = 8;
    faults.store_slow = 4;
    faults.pause_at_boundary = 0.01;
    scenario.habits.slow_tool = 0.3;
  } else if (weather < 0.7) { // owners change while tools act
    faults.crashes = 6;
    faults.crash_at_boundary = 0.004;
    faults.link_cuts = 6;
    scenario.habits.slow_tool = 0.5;
  } else if (weather < 0.8) { // everybody stands still in the middle of what they do
    faults = {.until = Time{60'000},
              .crash_at_boundary = 0,
              .pause_at_boundary = 0.03,
              .crashes = 0,
              .pauses = 0,
              .bus_outages = 0,
              .store_outages = 0};
    scenario.habits = {.agent_fails = 0, .tool_fails = 0, .calls_max = 6, .slow_tool = 0.3};
  } else if (weather < 0.9) {
    faults.clock_jumps = 12;
  }
}

} // namespace troupe::simulation
