// Stage 6 of 9: serves one toolkit on the bus. What changes the world goes through the run's owner
// in three beats: reserve, act, settle (DURABILITY.md, "Activities").
#pragma once
#include <memory>

#include "actors/caf_support.hpp"
#include "actors/node_context.hpp"

namespace troupe::actors {

/// The calls a tool server has under way. They outlive a crash of its actor, so that a call that
/// was granted and may have acted is settled, and never mistaken for one that was not.
class ToolCalls;
std::shared_ptr<ToolCalls> make_tool_calls(IncarnationId process);

/// Hears tool.<toolkit>. At most limits::tool_calls_at_once_max at a time; one more is refused,
/// no_capacity. A repeated call joins the one that is under way.
caf::actor spawn_tool_server(caf::actor_system& system, Context context,
                             std::shared_ptr<toolkits::Toolkit> toolkit,
                             std::shared_ptr<ToolCalls> calls);

} // namespace troupe::actors
