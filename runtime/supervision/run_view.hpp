// A run as people and programs see it. The shapes stand in ARCHITECTURE.md, "A run as JSON".
#pragma once
#include <vector>

#include "runtime/json_text.hpp"
#include "runtime/ports/operations.hpp"
#include "runtime/supervision/history.hpp"
#include "runtime/supervision/run_state.hpp"

namespace troupe::supervision {

/// GET /v1/runs/{id}: the folded run, with what only its row and its history tell. Of a foreach or
/// repeat at most limits::instances_shown_max instances are there, the failed and the running ones
/// first; "hidden" says how many are not, "counts" has them all.
JsonText view_run(const RunState& run, const ports::RunRow& row, const History& history = {});

/// {"run","step","items","from","instances":[..],"next":index or null}. invalid_input: no such
/// step, or one without instances.
Result<JsonText> view_instances(const RunState& run, const ports::StepPage& page);

/// GET /v1/runs/{id}/events: {"events":[{"seq","at","type",..}],"cursor":last seq or
/// null,"end":bool}. `end`: the last event of the run is among them, or (`over`: the run had ended
/// before they were read) there are none after the cursor. internal: a row that cannot be read.
Result<JsonText> view_events(const std::vector<ports::JournalRow>& rows, bool over = false);

} // namespace troupe::supervision
