// What a plan names of its team.
#pragma once
#include <set>
#include <string>

#include "runtime/plan/plan.hpp"

namespace troupe::plan {

struct Uses {
  std::set<std::string, std::less<>> roles; // fallbacks and undos included
  std::set<std::string, std::less<>> tools; // called by a step itself
  std::set<std::string, std::less<>> plans; // child runs
};

Uses uses_of(const Plan& plan);

} // namespace troupe::plan
