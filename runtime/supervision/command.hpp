// What people may do to a run (ports::Command): whether it can be done to the run as it is, and the
// inbox row that records it. RunMachine looks again when it takes the row.
#pragma once
#include <string>
#include <vector>

#include "runtime/ports/operations.hpp"
#include "runtime/supervision/run_state.hpp"

namespace troupe::supervision {

/// invalid_input: a step or tool that is not there; the text names the nearest. effect_conflict:
/// the run is over, or the command would change nothing. denied: who asks may not.
Result<> check_command(const RunState& run, const ports::Command& command, Instant now);

/// The row that says it. `id` is the row's own: the store takes each once.
ports::InboxRow inbox_row(const ports::Command& command, std::string id, Instant now);

/// The step, or invalid_input with the nearest one.
Result<const StepState*> find_step(const RunState& run, std::string_view path);

/// It waits for a time that a person may cut short: a timer, a wait between two tries, the backoff
/// of a restart.
bool waits_for_time(const StepState& step);

/// The tools of the step's calls of this iteration whose outcome nobody knows.
std::vector<std::string> unknown_outcomes(const StepState& step);

/// {"approvals":[{"run","step","role","digest","subject","requested_at","expires_at",
/// "requested_by"}]}: those that are pending.
JsonText view_approvals(const RunState& run, Instant now);
/// Those of several runs as one answer.
JsonText join_approvals(const std::vector<JsonText>& parts);

} // namespace troupe::supervision
