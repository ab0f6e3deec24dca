// What the templates of a step may see (PLANS.md, "Templates"): only what they name is put
// together.
#pragma once
#include "runtime/plan/template.hpp"
#include "runtime/supervision/run_state.hpp"

namespace troupe::supervision {

using Paths = std::vector<std::vector<std::string>>;

/// Roots inputs, run, steps.<id> (those that `paths` name, as a child of `group` means them),
/// signals, and what the foreachs and repeats around a child of `group` bind.
plan::Scope make_scope(const RunState& run, StepIndex group, const Paths& paths);

/// Of a template that stands on `step`: as a child of its group, with `self` if it is an undo.
plan::Scope scope_of(const RunState& run, const StepState& step, const Paths& paths);

/// What every agent of the job may read: {"job":{..},"run":{..},"inputs":{..},"signals":{..}}. An
/// `always` step, which runs whatever happened, is also told what did: "timeline", a row for each
/// step, at most 200.
JsonText make_context(const RunState& run, const StepState& step);

} // namespace troupe::supervision
