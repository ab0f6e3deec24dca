// Lists of schedules and of their due times, for people. Pure.
#pragma once
#include <boost/json/fwd.hpp>
#include <string>

#include "ops/cli/view/terminal.hpp"
#include "runtime/clock.hpp"

namespace troupe::view {

/// The answers of GET /v1/schedules and /v1/schedules/next.
std::string render_schedules(const boost::json::value& answer, const Style& style, Instant now);
std::string render_next_times(const boost::json::value& answer, const Style& style);

} // namespace troupe::view
