// What a step may do to the world, as far as the team and the toolkits tell.
#pragma once
#include <string>
#include <vector>

#include "runtime/plan/preview.hpp"

namespace troupe::plan {

/// The tools that a role may call, patterns spelled out where the toolkit is known.
std::vector<Permission::Tool> tools_of(const std::string& role, const Surroundings& surroundings);

/// The greatest risk and effect of what a step may do itself; both empty where that is not known.
struct Ability {
  std::string risk, effect;
};
Ability ability_of(const Node& step, const Surroundings& surroundings);

/// The agent or tool step changes something: its effect is known and not pure.
bool has_effects(const Ability& ability);
/// keyed or once: a restart cannot repeat it without an undo.
bool has_lasting_effects(const Ability& ability);

} // namespace troupe::plan
