#include "runtime/error_class.hpp"

#include <utility>

namespace troupe {
namespace {

constexpr std::array<std::pair<ErrorClass, std::string_view>, all_error_classes.size()> names = {{
    {ErrorClass::timeout, "timeout"},
    {ErrorClass::agent_down, "agent_down"},
    {ErrorClass::no_capacity, "no_capacity"},
    {ErrorClass::rate_limited, "rate_limited"},
    {ErrorClass::invalid_input, "invalid_input"},
    {ErrorClass::invalid_output, "invalid_output"},
    {ErrorClass::denied, "denied"},
    {ErrorClass::budget_exceeded, "budget_exceeded"},
    {ErrorClass::task_failed, "task_failed"},
    {ErrorClass::tool_failed, "tool_failed"},
    {ErrorClass::effect_conflict, "effect_conflict"},
    {ErrorClass::outcome_unknown, "outcome_unknown"},
    {ErrorClass::cancelled, "cancelled"},
    {ErrorClass::internal, "internal"},
}};

} // namespace

std::string_view to_string(ErrorClass error_class) {
  for (const auto& [value, name] : names)
    if (value == error_class) return name;
  return "internal";
}

std::optional<ErrorClass> parse_error_class(std::string_view name) {
  for (const auto& [value, known] : names)
    if (known == name) return value;
  return std::nullopt;
}

bool retried_by_default(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::denied:
    case ErrorClass::cancelled:
    case ErrorClass::budget_exceeded:
    case ErrorClass::outcome_unknown:
    case ErrorClass::effect_conflict:
    case ErrorClass::invalid_input: return false;
    default: return true;
  }
}

} // namespace troupe
