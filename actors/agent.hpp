// Stage 5 of 9: one attempt of a task on the node that runs it.
#pragma once
#include <memory>

#include "actors/caf_support.hpp"
#include "actors/node_context.hpp"
#include "runtime/agent/attempt_driver.hpp"

namespace troupe::actors {

/// Drives `agent` to its end: calls its tools over the bus, replays what is recorded, and tells
/// `host` AgentEnded once. StopAgent ends it as cancelled.
caf::actor spawn_agent(caf::event_based_actor* host, Context context, agent::Assignment assignment,
                       std::shared_ptr<agent::Agent> agent);

} // namespace troupe::actors
