// What a retry or a fork keeps, does again and repeats, for people. Pure.
#pragma once
#include <boost/json/fwd.hpp>
#include <string>

#include "ops/cli/view/terminal.hpp"

namespace troupe::view {

/// Of an answer of POST /v1/runs/{id}/fork.
std::string render_fork(const boost::json::value& fork, const Style& style);

} // namespace troupe::view
