// A plan as text, one line for each step: what the golden files hold.
#pragma once
#include <string>

#include "runtime/plan/plan.hpp"

namespace troupe::plan {

std::string outline_text(const Plan& plan);

} // namespace troupe::plan
