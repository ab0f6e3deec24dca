// What the demo can do to the patient, and what the plan should make of it.
#pragma once
#include <span>
#include <string_view>

namespace troupe::demo {

enum class Cause { gone, hung, port, config, restart_fails_once };

struct Scenario {
  Cause cause;
  std::string_view name;      // as --cause takes it
  std::string_view blow;      // what is done, for the help
  std::string_view title;     // what the story is called
  std::string_view diagnosis; // output.cause of the plan
  bool heals;                 // false: it must be left to a person, untouched
};

std::span<const Scenario> scenarios(); // the default first

/// Failure usage: there is none of this name.
const Scenario& find_scenario(std::string_view name);

} // namespace troupe::demo
