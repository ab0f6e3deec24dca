// Whether a message needs the wire's form at all.
#pragma once
#include "runtime/message/agent_message.hpp"

namespace troupe::message {

/// Whether decode(encode(message)) is the message itself and fits the bus: every text is UTF-8,
/// every JsonText JSON, and all of it is well below limits::bus_message_bytes_max (a sixth of it:
/// a character may take six in JSON). Such a message may be handed over within a process as it is.
bool survives_the_wire(const AgentMessage& message);

} // namespace troupe::message
