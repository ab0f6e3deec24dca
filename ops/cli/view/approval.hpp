// What a run asks a person, for people. Pure.
#pragma once
#include <boost/json/fwd.hpp>
#include <string>

#include "ops/cli/view/terminal.hpp"
#include "runtime/clock.hpp"

namespace troupe::view {

/// One of the answer of GET /v1/runs/{id}/approvals: the message first, then what the decision
/// binds.
std::string render_approval(const boost::json::value& approval, const Style& style, Instant now);

/// The answer of GET /v1/approvals.
std::string render_approvals(const boost::json::value& answer, const Style& style, Instant now);

} // namespace troupe::view
