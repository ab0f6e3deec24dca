// "Why is it waiting, why here, why did it fail?": one paragraph with facts. Pure.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/placement/placement.hpp"
#include "runtime/ports/job_store.hpp"
#include "runtime/supervision/history.hpp"
#include "runtime/supervision/run_state.hpp"

namespace troupe::supervision {

/// What the fold alone does not tell.
struct Circumstances {
  Instant now{};
  ports::RunRow row; // whose it is
  History history;   // what people did, what escalated
  using Nowhere = std::map<std::string, placement::Nowhere>;
  Nowhere nowhere; // by step: why it is on no node (placement)
};

/// What the dispatcher has to be asked before: a step that is ready and on no node, or such steps
/// below a group or the run (an empty path), five at most.
std::vector<placement::PlacementRequest> placement_questions(const RunState& run,
                                                             std::string_view step);

struct Explanation {
  std::string text;      // sentences
  std::string waits_for; // node | limit | retry | timer | signal | approval | run | need | item |
                         // resume | restart | person | stop; empty: nothing
  std::optional<Instant> since, until;
};

/// Of a step or group. Requires `step` to be one of `run`.
Explanation explain_step(const RunState& run, const StepState& step,
                         const Circumstances& circumstances);
/// Of the run as a whole.
Explanation explain_run(const RunState& run, const Circumstances& circumstances);

/// {"run","step","state","waits_for","since","until","why"}: of the run where `step` is empty.
/// invalid_input: no such step.
Result<JsonText> explain(const RunState& run, std::string_view step,
                         const Circumstances& circumstances);

} // namespace troupe::supervision
