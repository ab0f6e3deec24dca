// AgentMessage as JSON, version 1.
#pragma once
#include <string>
#include <string_view>

#include "runtime/message/agent_message.hpp"
#include "runtime/result.hpp"

namespace troupe::message {

/// One JSON object (the format stands in codec.cpp; golden files pin it).
std::string encode(const AgentMessage& message);

/// Unknown keys are ignored, missing optional ones get their defaults.
/// invalid_input: not JSON, too deep, an unknown version or type, a missing or ill-typed field. The
/// text names the place as a JSON Pointer: "/content/key/ordinal: expected an unsigned integer, got
/// a string".
Result<AgentMessage> decode(std::string_view json);

/// A role alone, as it stands in task.assigned. Faults as above.
std::string encode_role(const RoleDefinition& role);
Result<RoleDefinition> decode_role(std::string_view json);

} // namespace troupe::message
