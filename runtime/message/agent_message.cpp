#include "runtime/message/agent_message.hpp"

#include "runtime/message/shape.hpp"

namespace troupe::message {

std::string_view to_string(Priority priority) {
  switch (priority) {
    case Priority::low: return "low";
    case Priority::normal: return "normal";
    case Priority::high: return "high";
    case Priority::critical: return "critical";
  }
  return "normal";
}

std::optional<Priority> parse_priority(std::string_view name) {
  for (const auto priority : {Priority::low, Priority::normal, Priority::high, Priority::critical})
    if (to_string(priority) == name) return priority;
  return std::nullopt;
}

std::string_view type_name(const Body& body) { return body_types[body.index()]; }

} // namespace troupe::message
