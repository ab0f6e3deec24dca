// Stage 8 of 9: the one way to the journal on a node.
#pragma once
#include "actors/caf_support.hpp"
#include "actors/node_context.hpp"

namespace troupe::actors {

/// Takes AppendRequest and answers its sender with Appended once the outcome is known. The port
/// batches whatever is queued at the same moment into one statement (group commit).
caf::actor spawn_journal_writer(caf::actor_system& system, Context context);

} // namespace troupe::actors
