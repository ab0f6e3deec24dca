// What a simulated run is made of. Everything that happens in it follows from a scenario and a
// seed.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/config/team.hpp"
#include "runtime/limits.hpp"
#include "runtime/rules.hpp"
#include "runtime/simulation/agenda.hpp"

namespace troupe::simulation {

struct SimulatedTool {
  std::string effect = "pure"; // pure | idempotent | keyed | once
  bool everywhere = true;      // false: only some agent nodes serve it
  bool reconciles = false;     // of a `once` tool: it can tell afterwards whether a call happened
};

/// How often things go wrong, while they do. All 0: never.
struct Faults {
  Time until{30'000}; // from here on nothing goes wrong any more, and every run has to end
  double lost = 0.02, doubled = 0.02, late = 0.05; // of messages
  double crash_at_boundary = 0.001; // before and after whatever a process does that others can see
  double pause_at_boundary = 0.001; // and then to stand still, for a while
  double agent_crashes = 0.02;      // of attempts: the agent alone, its node goes on
  double store_answer_lost = 0.02;  // of calls: whether or not it was done
  double store_refuses = 0.01;
  // How many of each, over the whole time, at most.
  unsigned crashes = 3, pauses = 3, link_cuts = 2, bus_outages = 1, clock_jumps = 2;
  unsigned store_outages = 1, store_slow = 1;
  unsigned drains = 2; // processes told to end in order
};

/// What agents and tools do.
struct Habits {
  double agent_fails = 0.1, agent_hangs = 0.05; // of attempts; only one with a timeout hangs
  double tool_fails = 0.1;
  unsigned calls_max = 4; // of one attempt
  double slow_tool = 0.1; // takes up to slow_tool_max
  Time slow_tool_max{20'000};
};

/// What a step returns.
struct Answer {
  std::string members;           // of an object, beside those that tell one attempt from another
  std::optional<JsonText> whole; // instead: nothing but this
};

struct Scenario {
  std::shared_ptr<const config::UnpackedBundle> bundle;
  JsonText inputs{"{}"};
  std::map<std::string, SimulatedTool> tools;               // what agent nodes serve
  std::map<std::string, Answer> answers;                    // by the id of the step
  std::vector<std::string> labels;                          // that every agent node offers
  std::optional<std::uint32_t> attempts_max;                // at a time, of all runs: a keyed limit
  std::size_t inline_bytes_max = limits::payload_bytes_max; // a longer list is an artifact
  unsigned orchestrators = 3, agents = 3, slots = 4;
  unsigned runs = 1, signals = 2; // signals for each run
  double cancelled = 0.05;        // of runs
  Faults faults;
  Habits habits;
  Rules rules;
  Time patience{1'800'000}; // after `faults.until`: a run that has not ended by then never will
};

/// "canary[0]/wait" and "canary[0]/wait~undo" are of the step "wait".
std::string step_id(const std::string& path);

/// What the step at `path` returns, when `members` tell who did it.
JsonText answer_of(const Scenario& scenario, const std::string& path, std::string members);

} // namespace troupe::simulation
