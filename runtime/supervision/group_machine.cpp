#include "runtime/supervision/group_machine.hpp"

namespace troupe::supervision {
namespace {

bool met(StepPhase phase) { return phase == StepPhase::completed || phase == StepPhase::skipped; }

std::string describe(const StepState& child) {
  std::string text = "step " + child.path + ' ' + std::string{to_string(child.phase)};
  if (child.error) text += ": " + child.error->message;
  return text;
}

Error failure_of(const StepState& child) {
  if (child.phase == StepPhase::cancelled)
    return make_error(ErrorClass::cancelled, describe(child));
  return make_error(child.error ? child.error->error_class : ErrorClass::task_failed,
                    describe(child));
}

} // namespace

ReadinessVerdict readiness(const RunState& run, const StepState& step) {
  const bool always = step.node->always;
  for (const auto index : step.needs) {
    const StepState& need = run.steps[index];
    if (!is_terminal(need.phase)) return {};
    if (!always && !met(need.phase)) return {Readiness::blocked, need.node->id};
  }
  if (run.cancel_reason && !always) return {Readiness::blocked, "the run, which is cancelled"};
  return {Readiness::ready, {}};
}

GroupVerdict verdict(const RunState& run, const StepState& group) {
  GroupVerdict result;
  for (const auto index : group.children) {
    const StepState& child = run.steps[index];
    if (!is_terminal(child.phase)) return {};
    if (met(child.phase)) continue;
    // An `always` step changes the verdict only if it fails itself; what is blocked follows from
    // what failed.
    const bool counts = child.phase != StepPhase::blocked &&
                        (!child.node->always || child.phase == StepPhase::failed);
    if (counts && !result.failure) result.failure = failure_of(child);
  }
  result.settled = true;
  if (result.failure) return result;
  for (const auto index : group.children) // blocked by a need outside this group
    if (run.steps[index].phase == StepPhase::blocked && !result.failure)
      result.failure = failure_of(run.steps[index]);
  return result;
}

} // namespace troupe::supervision
