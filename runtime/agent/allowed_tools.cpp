#include "runtime/agent/allowed_tools.hpp"

#include <algorithm>

namespace troupe::agent {

bool allows(const std::vector<std::string>& patterns, std::string_view tool) {
  return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) {
    if (pattern == "*" || pattern == tool) return true;
    if (!pattern.ends_with(".*")) return false;
    const auto toolkit_and_dot = pattern.substr(0, pattern.size() - 1);
    return tool.starts_with(toolkit_and_dot) && tool.size() > toolkit_and_dot.size();
  });
}

} // namespace troupe::agent
