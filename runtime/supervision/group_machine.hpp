// Stage 3 of 9: order and verdict of a group (PLANS.md, "Order" and "States").
#pragma once
#include <optional>
#include <string>

#include "runtime/supervision/run_state.hpp"

namespace troupe::supervision {

enum class Readiness : std::uint8_t { not_yet, ready, blocked };

struct ReadinessVerdict {
  Readiness readiness = Readiness::not_yet;
  std::string need; // when blocked: the id of the need that did not make it
};

/// Of a pending step or group whose enclosing group is under way.
ReadinessVerdict readiness(const RunState& run, const StepState& step);

struct GroupVerdict {
  bool settled = false;         // every child is terminal
  std::optional<Error> failure; // the first child that failed, was cancelled or is blocked
};

GroupVerdict verdict(const RunState& run, const StepState& group);

} // namespace troupe::supervision
