#include <array>
#include <utility>

#include "runtime/ports/journal.hpp"

namespace troupe::ports {
namespace {

constexpr std::array<std::pair<RunState, std::string_view>, 5> names = {{
    {RunState::running, "running"},
    {RunState::completed, "completed"},
    {RunState::failed, "failed"},
    {RunState::cancelled, "cancelled"},
    {RunState::needs_person, "needs_person"},
}};

} // namespace

std::string_view to_string(RunState state) {
  for (const auto& [value, name] : names)
    if (value == state) return name;
  return "running";
}

std::optional<RunState> parse_run_state(std::string_view name) {
  for (const auto& [value, known] : names)
    if (known == name) return value;
  return std::nullopt;
}

} // namespace troupe::ports
