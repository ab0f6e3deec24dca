// One message of every type, with every field set. The golden files hold the same ones as JSON.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "runtime/message/agent_message.hpp"

namespace troupe::message {

std::vector<AgentMessage> sample_messages();

/// Forms that came later, with fields that the first ones lack; by the name of their golden file.
std::vector<std::pair<std::string, AgentMessage>> later_samples();

} // namespace troupe::message
