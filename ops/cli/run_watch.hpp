// Following one run to its end.
#pragma once
#include <boost/json/fwd.hpp>
#include <optional>
#include <string>

#include "ops/cli/api_client.hpp"
#include "ops/cli/exit_codes.hpp"
#include "ops/cli/view/terminal.hpp"
#include "runtime/ids.hpp"

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

struct EventsRequest {
  bool follow = false;      // until the run has ended
  bool bundle = false;      // JSON: first a line {"type":"run.bundle","run","bundle"}
  std::optional<Seq> after; // only what came after it
};
/// Prints events, a line each. The cursor is the journal's: nothing is left out, nothing comes
/// twice. Failure: as ApiClient::get; a server that does not answer for a while is asked again.
void print_events(const ApiClient& api, const std::string& run, const EventsRequest& request,
                  bool json);

/// ok for a run that completed, failed for any other end.
ExitCode exit_code_of(const boost::json::value& run);

/// The line and, if there is one, the report or output that end a watched run.
std::string render_outcome(const boost::json::value& run, const view::Style& style);

} // namespace troupe::cli
