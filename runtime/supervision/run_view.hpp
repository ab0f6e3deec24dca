// A run as people and programs see it. The shapes stand in ARCHITECTURE.md, "A run as JSON".
#pragma once
#include <vector>

#include "runtime/json_text.hpp"
#include "runtime/ports/job_store.hpp"
#include "runtime/supervision/run_state.hpp"

namespace troupe::supervision {

/// GET /v1/runs/{id}: the folded run, with what only its row tells.
JsonText view_run(const RunState& run, const ports::RunRow& row);

/// GET /v1/runs/{id}/events: {"events":[{"seq","at","type",..}],"cursor":last seq or
/// null,"end":bool}. `end`: the last event of the run is among them. internal: a row that cannot be
/// read.
Result<JsonText> view_events(const std::vector<ports::JournalRow>& rows);

} // namespace troupe::supervision
