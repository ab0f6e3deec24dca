// What a run and its child runs tell each other: rows of each other's inbox.
#pragma once
#include <optional>

#include "runtime/ports/job_store.hpp"
#include "runtime/supervision/run_machine.hpp"

namespace troupe::supervision {

/// To the child: its parent wants it no more.
ports::InboxRow inbox_row(const CancelChildRun& cancel, Instant at);
/// To the parent: `child` has ended. Its id is the same whenever it is told.
ports::InboxRow inbox_row(RunId child, const TellParent& end, Instant at);

/// What a parent that asks reads from the journal of the child; `ended` has `finished`.
ChildReported report_of(const RunState& ended);

/// Once more, for a child whose start did not get through. Nothing: the run has no such child.
std::optional<StartChildRun> start_of(const RunState& run, RunId child);

} // namespace troupe::supervision
