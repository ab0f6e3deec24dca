// Keyed limits, for people. Pure.
#pragma once
#include <boost/json/fwd.hpp>
#include <string>

#include "ops/cli/view/terminal.hpp"

namespace troupe::view {

/// The answer of GET /v1/limits: what is used and waited for, then the rules.
std::string render_limits(const boost::json::value& answer, const Style& style);

} // namespace troupe::view
