// A new run of a job from what an earlier one has done: what stands keeps its output, the rest
// happens again. Pure.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "runtime/config/team.hpp"
#include "runtime/ports/operations.hpp"
#include "runtime/supervision/run_state.hpp"

namespace troupe::supervision {

/// An effect of the earlier run that happens once more: the new run has keys of its own.
struct RepeatedEffect {
  std::string step, tool;
  std::string effect; // keyed | once; run: a child run, whose own effects are not looked into
  std::string state;  // settled | unknown | reserved
  JsonText arguments;
  bool undone = false; // what it did was taken back
};

struct Fork {
  RunCreated created;
  std::vector<Event> events;            // of the new run's first append; RunCreated comes first
  std::vector<std::string> kept, again; // paths: of the topmost steps and groups
  std::vector<RepeatedEffect> repeats;
};

/// What the new run executes: the same, or with another `task` or `with` of the step.
/// invalid_input: the step has no such field, or the plan has faults with the new one.
struct EditedBundle {
  config::Bundle bundle; // what to store and pin
  std::shared_ptr<const config::UnpackedBundle> unpacked;
};
Result<EditedBundle> edit_bundle(const std::string& body, const RunState& run,
                                 const ports::ForkRequest& request);

/// A step stands if it is completed or skipped, was not undone, and depends neither on
/// `request.from`, through needs or order, nor on an input that is another now. `edited` is what
/// the new run executes. invalid_input: no such step (the text names the nearest), or inputs that
/// do not fit the plan.
Result<Fork> fork_run(const RunState& run, const ports::ForkRequest& request,
                      const EditedBundle& edited);

/// {"job","run" (null for a preview),"kept":[..],"again":[..],"repeats":[{"step","tool","effect",
/// "state","arguments","undone"}]}
JsonText view_fork(const Fork& fork, RunId run);

/// effect_conflict: a retry, and the run has not ended.
Result<> check_retry(const RunState& run, const ports::ForkRequest& request);

/// effect_conflict: the effects that would happen once more, by name. Requires that there are some.
Error would_repeat(const Fork& fork);

} // namespace troupe::supervision
