// Every template of a plan: its syntax, and whether what its paths begin with can be read where it
// stands (PLANS.md, "Templates").
#pragma once
#include <vector>

#include "runtime/plan/outline.hpp"

namespace troupe::plan {

/// `order` is resolve_order()'s. A step reads the steps that its needs reach, and those that the
/// needs of the groups around it reach; the `output` of a group and of the plan, and the `until` of
/// a repeat, read the children besides. In a foreach the names of the items and `index` can be
/// read, in a repeat `index`, in an undo `self`.
void check_references(const Plan& plan, const Outline& outline,
                      const std::vector<std::vector<std::size_t>>& order,
                      std::vector<Fault>& faults);

} // namespace troupe::plan
