// Which tools a role may call.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace troupe::agent {

/// True if one of `patterns` is the tool's name, "<toolkit>.*", or "*".
bool allows(const std::vector<std::string>& patterns, std::string_view tool);

} // namespace troupe::agent
