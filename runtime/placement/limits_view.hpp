// Keyed limits as GET /v1/limits shows them.
#pragma once
#include <vector>

#include "runtime/json_text.hpp"
#include "runtime/placement/limit_rules.hpp"

namespace troupe::placement {

/// ports::Operations::limits.
JsonText view_limits(const std::vector<LimitRule>& rules, const std::vector<ports::LimitRow>& rows);

} // namespace troupe::placement
