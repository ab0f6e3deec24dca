#include "runtime/supervision/step_machine.hpp"

#include <algorithm>

#include "runtime/limits.hpp"

namespace troupe::supervision {

std::optional<Instant> next_try(const StepState& step, const Error& error,
                                std::optional<Millis> retry_after, Instant now, double uniform) {
  const auto& retriers = step.node->retry;
  for (std::size_t i = 0; i < retriers.size(); ++i) {
    if (!retriers[i].matches(error.error_class)) continue;
    const std::uint32_t failures = step.tries[i] + 1; // with this one
    if (failures >= retriers[i].max_attempts) return std::nullopt;
    const Millis delay = retriers[i].delay(failures + 1, uniform);
    return now + std::max(delay, retry_after.value_or(Millis{0}));
  }
  return std::nullopt;
}

std::string role_wanted(const StepState& step) {
  return step.fallback.empty() ? plan::role_of(*step.node) : step.fallback;
}

placement::PlacementRequest placement_wanted(const RunState& run, const StepState& step) {
  placement::PlacementRequest request{run.id, step.path, role_wanted(step), step.node->labels,
                                      step.node->priority};
  if (std::holds_alternative<plan::ToolStep>(step.node->kind)) {
    request.kind = "native";
  } else if (const auto role = run.bundle->roles.find(request.role);
             role != run.bundle->roles.end()) {
    request.kind = role->second.kind;
  }
  return request;
}

Instant ready_since(const StepState& step) {
  if (step.attempts.empty() || step.attempts.back().iteration != step.iteration)
    return step.started_at.value_or(Instant{});
  return step.attempts.back().ended_at.value_or(Instant{});
}

bool resumes_by_itself(const StepState& step) { return step.resumes < limits::resumes_max; }

bool next_attempt_resumes(const StepState& step) {
  // Attempts that were refused never ran: what counts is the last one that did.
  for (auto attempt = step.attempts.rbegin(); attempt != step.attempts.rend(); ++attempt)
    if (attempt->state != Attempt::State::returned || attempt->handed_over)
      return (attempt->state == Attempt::State::lost || attempt->handed_over) &&
             attempt->iteration == step.iteration;
  return false;
}

} // namespace troupe::supervision
