// Stage 3 of 9: a run on its owner: the only writer of the run's journal.
#pragma once
#include <memory>
#include <string>

#include "actors/caf_support.hpp"
#include "actors/run_reader.hpp"

namespace troupe::actors {

/// Folds the run from its journal (`first`: all that it holds yet), takes it over (`adopted`)
/// unless its owner of the row has it already, and drives it to its end. Tells the orchestrator
/// RunLeft, and ends in order; any other end means: fold it afresh.
caf::actor spawn_run(caf::event_based_actor* supervisor, Context context,
                     std::shared_ptr<BundleCache> bundles, const ports::RunRow& row,
                     std::optional<ports::JournalRow> first = std::nullopt);

} // namespace troupe::actors
