// What the outside may ask of this node: the operations port, for net/http. Stages 1 and 9.
#pragma once
#include <memory>

#include "actors/node_context.hpp"
#include "runtime/ports/operations.hpp"

namespace troupe::actors {

/// Of an orchestrator node. Writes go through the intake actor; reads go to the store. Thread-safe.
std::unique_ptr<ports::Operations> make_operations(caf::actor_system& system, Context context);

} // namespace troupe::actors
