// Stage 3 of 9: one step between its tries.
#pragma once
#include <optional>

#include "runtime/placement/placement.hpp"
#include "runtime/supervision/run_state.hpp"

namespace troupe::supervision {

/// When the next try of a step is due after `error`, by the first retrier that matches it
/// (PLANS.md, "Retry"); nothing if none matches or its tries are spent. `retry_after` (of
/// rate_limited) is a lower bound. `uniform` in [0, 1).
std::optional<Instant> next_try(const StepState& step, const Error& error,
                                std::optional<Millis> retry_after, Instant now, double uniform);

/// The role its next attempt asks for: its own, or the fallback's.
std::string role_wanted(const StepState& step);

/// What the step's plan lets it count under, with its templates filled in. invalid_input: they
/// cannot be, or do not yield a key.
Result<std::vector<std::string>> limit_keys(const RunState& run, const StepState& step);

/// What a step that is dispatched asks of the nodes. It names no keys of limits where they cannot
/// be had: then it fails when it is assigned.
placement::PlacementRequest placement_wanted(const RunState& run, const StepState& step);
/// The one that its plan names, or that of the job.
message::Priority priority_of(const RunState& run, const StepState& step);

/// Since when a step that is ready waits for a node.
Instant ready_since(const StepState& step);

/// Whether a step whose node is gone resumes by itself; otherwise the loss counts as a failure,
/// agent_down.
bool resumes_by_itself(const StepState& step);

/// Whether the next attempt of the step resumes the one before (its node was lost, or drained),
/// rather than retries.
bool next_attempt_resumes(const StepState& step);

} // namespace troupe::supervision
