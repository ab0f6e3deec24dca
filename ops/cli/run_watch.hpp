// Following one run to its end.
#pragma once
#include <boost/json/fwd.hpp>
#include <string>

#include "ops/cli/api_client.hpp"
#include "ops/cli/exit_codes.hpp"
#include "ops/cli/view/terminal.hpp"

namespace troupe::cli {

enum class WatchForm {
  tree,   // redrawn in place, then once whole
  lines,  // one per event, as they happen
  json,   // one event as JSON per line
  silent, // nothing
};

/// Returns the ended run. Blocks until it has ended. A server that does not answer for a while (a
/// node is being restarted) is asked again for 30 seconds. Failure: as ApiClient::get.
boost::json::value watch_run(const ApiClient& api, const std::string& run, WatchForm form,
                             const view::Style& style);

/// ok for a run that completed, failed for any other end.
ExitCode exit_code_of(const boost::json::value& run);

/// The line and, if there is one, the report or output that end a watched run.
std::string render_outcome(const boost::json::value& run, const view::Style& style);

} // namespace troupe::cli
