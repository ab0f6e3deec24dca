// Two runs side by side. Pure.
#pragma once
#include <boost/json/fwd.hpp>
#include <string>

#include "ops/cli/view/terminal.hpp"

namespace troupe::view {

/// Of two answers of GET /v1/runs/{id}:
/// {"a":id,"b":id,"same":bool,"run":[{"what","a","b"}],"inputs":[{"name","a","b"}],
///  "steps":[{"path","same","a":{"state","attempts","took_ms","iteration","output","error"}|null,
///            "b":{..}|null,"differs":["state",..]}]}
/// Times never make runs differ. A step that only one of them has is null in the other.
boost::json::value compare_runs(const boost::json::value& a, const boost::json::value& b);

/// A table; steps that are the same only where `all` is set.
std::string render_diff(const boost::json::value& difference, const Style& style, bool all);

} // namespace troupe::view
