// Whether an executor still works for a run. Pure.
#pragma once
#include "runtime/supervision/run_state.hpp"

namespace troupe::supervision {

/// effect_conflict: the attempt has ended, was superseded, or is none of this run; the text says
/// which.
Result<> check_standing(const RunState& run, AttemptNumber attempt);

} // namespace troupe::supervision
