#include "runtime/simulation/scenario.hpp"

namespace troupe::simulation {

std::string step_id(const std::string& path) {
  const auto slash = path.rfind('/');
  const auto name = slash == std::string::npos ? path : path.substr(slash + 1);
  return name.substr(0, name.find_first_of("[~"));
}

JsonText answer_of(const Scenario& scenario, const std::string& path, std::string members) {
  const auto found = scenario.answers.find(step_id(path));
  if (found == scenario.answers.end()) return JsonText{'{' + members + '}'};
  if (found->second.whole) return *found->second.whole;
  return JsonText{'{' + members + ',' + found->second.members + '}'};
}

} // namespace troupe::simulation
