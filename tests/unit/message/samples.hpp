// One message of every type, with every field set. The golden files hold the same ones as JSON.
#pragma once
#include <vector>

#include "runtime/message/agent_message.hpp"

namespace troupe::message {

std::vector<AgentMessage> sample_messages();

} // namespace troupe::message
