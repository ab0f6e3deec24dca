// The longest that a step, a group or a plan can take: every try used up, every wait waited out.
// What no plan can know is left out: the wait for a node with room, nodes that are lost, and undo.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/plan/plan.hpp"

namespace troupe::plan {

struct Longest {
  Millis time{0};                     // meaningful only if bounded()
  std::vector<std::string> unbounded; // why it may take for ever: "agent `a` has no `timeout`"
  bool bounded() const { return unbounded.empty(); }
};

struct LongestContext {
  std::map<std::string, const Plan*> plans;    // of the team
  std::map<std::string, Millis> tool_timeouts; // of tools that bound themselves
};

/// A node below a plan; or its root, which is the whole plan.
Longest longest(const Node& node, const LongestContext& context);

} // namespace troupe::plan
