// Stage 5 of 9: one attempt of a task on the node that runs it.
#pragma once
#include <memory>
#include <string>

#include "actors/caf_support.hpp"
#include "actors/node_context.hpp"
#include "runtime/agent/task.hpp"

namespace troupe::actors {

/// An attempt as its node knows it.
struct Assignment {
  message::Context context; // run, step, iteration, attempt, epoch
  message::TaskAssigned task;
  std::string owner_node; // who assigned it; where its reserves go
  std::string job;        // names the workspace
};

/// Drives `agent` to its end: calls its tools over the bus, replays what is recorded, and tells
/// `host` AgentEnded once. StopAgent ends it as cancelled.
caf::actor spawn_agent(caf::event_based_actor* host, Context context, Assignment assignment,
                       std::shared_ptr<agent::Agent> agent);

} // namespace troupe::actors
