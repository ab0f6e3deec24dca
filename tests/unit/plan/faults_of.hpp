// The faults of a few steps, as the tables of tests hold them.
#pragma once
#include <string>
#include <string_view>

#include "runtime/plan/parse.hpp"

namespace troupe::plan {

/// Of a plan whose steps are `steps`, which begin on line 3. The file is called p.
inline std::string faults_of(std::string_view steps, std::string_view head = "plan: p") {
  const auto text = std::string{head} + "\nsteps:\n" + std::string{steps};
  auto faults = render(parse_plan("p", text).faults, "p");
  if (!faults.empty()) faults.pop_back(); // the last line feed
  return faults;
}

} // namespace troupe::plan
