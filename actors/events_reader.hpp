// A page of a run's events that may wait for something to come.
#pragma once
#include <functional>

#include "actors/node_context.hpp"
#include "runtime/ports/operations.hpp"

namespace troupe::actors {

/// Reads the page; an empty one, of a run that is not over, is read again when an append comes in
/// (told by this node's AppendWatch; for runs of other nodes by looking now and then), until
/// `page.wait` is over. `done` runs exactly once, on any thread. Null: no such run.
void read_events(caf::actor_system& system, const Context& context, RunId run,
                 ports::EventsPage page, std::function<void(Result<JsonText>)> done);

} // namespace troupe::actors
