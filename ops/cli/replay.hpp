// A run folded again from its journal, without the engine that wrote it.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ops/cli/api_client.hpp"
#include "ops/cli/view/terminal.hpp"
#include "runtime/ports/journal.hpp"

namespace troupe::cli {

struct RecordedRun {
  RunId id;
  std::string bundle; // the pinned document, as the run has it; empty: not recorded
  std::vector<ports::JournalRow> rows;
};

/// Lines of `troupe events RUN --json`. Failure bad_data with the line: not such a file.
RecordedRun read_recorded(const std::string& text, const std::string& file);
/// From a server. Failure as ApiClient::get().
RecordedRun fetch_recorded(const ApiClient& api, const std::string& run);
std::string fetch_bundle(const ApiClient& api, RunId run);

struct ReplayRequest {
  bool step = false;        // show every append, not the last alone
  std::optional<Seq> until; // the last append to fold
};

/// Prints what each append said and the tree after it (JSON: one line {"seq","at","events","run"}
/// each). Failure bad_data: a gap, an append that cannot be read, an event that is about no step of
/// the plan, or an `until` that the run never reached.
void replay_run(const RecordedRun& run, const ReplayRequest& request, bool json,
                const view::Style& style);

} // namespace troupe::cli
