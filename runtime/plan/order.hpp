// What waits for what (PLANS.md, "Order"): in a sequence each step for the one before it, unless
// its own `needs` says otherwise; in a parallel group nothing is implied.
#pragma once
#include <string>
#include <vector>

#include "runtime/plan/outline.hpp"

namespace troupe::plan {

/// For each entry of the outline, what it needs: indexes of other entries, all before it in the
/// file, so that there can be no cycle. `needs` that name anything else are faults.
std::vector<std::vector<std::size_t>> resolve_order(const Outline& outline,
                                                    std::vector<Fault>& faults);

} // namespace troupe::plan
