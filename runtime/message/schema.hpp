// The JSON Schema (draft 7) of every message, made from the shapes that the codec goes by, so that
// the two cannot drift apart. net/bus/agent_message.schema.json is what this gives; a test compares
// them.
#pragma once
#include <string>

namespace troupe::message {

/// Of an AgentMessage as it stands on the bus: the envelope, and under `definitions` each body by
/// its type ("task.assigned") and the parts that several share ("activity_key"). What decode()
/// takes, it takes, and the other way round; but for ids and times that are well-formed and mean
/// nothing (the 31st of February), and for integers written as 1.0.
std::string message_schema();

} // namespace troupe::message
