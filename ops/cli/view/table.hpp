// Lists for people: columns as wide as their widest cell. Pure.
#pragma once
#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "ops/cli/view/terminal.hpp"
#include "runtime/clock.hpp"

namespace troupe::view {

struct Cell {
  std::string text;
  Tint tint = Tint::none;
};

/// The header in bold; rows are cut to the terminal's width. With no rows: `when_empty`.
std::string render_table(const std::vector<std::string>& header,
                         const std::vector<std::vector<Cell>>& rows, const Style& style,
                         const std::string& when_empty);

/// "a, b"
std::string joined(const std::vector<std::string>& words, const char* between = ", ");

/// The answers of GET /v1/jobs, /v1/runs and /v1/nodes.
std::string render_jobs(const boost::json::value& answer, const Style& style, Instant now);
std::string render_runs(const boost::json::value& answer, const Style& style, Instant now);
std::string render_nodes(const boost::json::value& answer, const Style& style);

/// One job with all it holds.
std::string render_job(const boost::json::value& job, const Style& style);

} // namespace troupe::view
