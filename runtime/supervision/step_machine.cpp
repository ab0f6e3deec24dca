#include "runtime/supervision/step_machine.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "runtime/limits.hpp"
#include "runtime/permit_limits.hpp"
#include "runtime/placement/limit_rules.hpp"
#include "runtime/supervision/scope.hpp"

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

Result<std::vector<std::string>> limit_keys(const RunState& run, const StepState& step) {
  std::vector<std::string> keys;
  for (const auto& key : step.node->limits) {
    const auto filled = plan::evaluate(key, scope_of(run, step, plan::paths_of(key)));
    if (!filled) return filled.error();
    const auto value = boost::json::parse(filled->text);
    const auto* text = value.if_string();
    if (text == nullptr || !placement::is_limit_key({text->data(), text->size()}))
      return make_error(ErrorClass::invalid_input,
                        "`limits` of " + step.path + ": a key is a path such as host/web-1, of " +
                            std::to_string(limits::limit_key_bytes_max) + " bytes at most; not " +
                            filled->text.substr(0, 300));
    keys.emplace_back(text->data(), text->size());
  }
  return keys;
}

message::Priority priority_of(const RunState& run, const StepState& step) {
  const auto own = step.node->priority;
  return own == message::Priority::normal ? run.created.priority.value_or(own) : own;
}

placement::PlacementRequest placement_wanted(const RunState& run, const StepState& step) {
  placement::PlacementRequest request{run.id, step.path, role_wanted(step), step.node->labels,
                                      priority_of(run, step)};
  request.team = run.created.team;
  if (!step.node->limits.empty())
    if (auto keys = limit_keys(run, step)) request.limits = std::move(*keys);
  if (const auto* tool = std::get_if<plan::ToolStep>(&step.node->kind)) {
    request.kind = "native";
    request.tool = tool->tool;
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
