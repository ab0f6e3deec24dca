// Which steps of a run depend on another, or on an input.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "runtime/supervision/run_state.hpp"

namespace troupe::supervision {

/// `from`, all below it, and all that comes to depend on any of these through needs; the groups
/// around them are not among them.
std::vector<bool> dependent_on(const RunState& run, const std::vector<StepIndex>& from);

/// The steps and groups whose own fields mention one of these inputs.
std::vector<StepIndex> readers_of(const RunState& run, const std::set<std::string>& inputs);

} // namespace troupe::supervision
