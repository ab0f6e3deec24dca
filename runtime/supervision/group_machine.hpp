// Stage 3 of 9: order and verdict of a group (PLANS.md, "Order" and "States").
#pragma once
#include <optional>
#include <string>

#include "runtime/supervision/run_state.hpp"

namespace troupe::supervision {

enum class Readiness : std::uint8_t { not_yet, ready, blocked, cancelled };

struct ReadinessVerdict {
  Readiness readiness = Readiness::not_yet;
  std::string need; // when blocked: the id of what did not make it
};

/// Of a pending step or group whose enclosing group is under way. `closing`: what the run did has
/// been taken back, and the `always` steps that waited for that may run.
ReadinessVerdict readiness(const RunState& run, const StepState& step, bool closing);

struct GroupVerdict {
  bool settled = false;         // every child is terminal, and none will start any more
  std::optional<Error> failure; // the first child that failed, beyond what is tolerated
};

GroupVerdict verdict(const RunState& run, const StepState& group);

/// More of its children failed than it tolerates: nothing further starts.
bool has_failed(const StepState& group);

/// A cancel, a deadline or a crash above it stops it; an `always` in between shields it, but not
/// from a kill.
bool is_stopped(const RunState& run, const StepState& step);

/// It runs whatever happens: it, or a group around it, is `always`.
bool is_always(const RunState& run, const StepState& step);

/// The run cannot complete any more.
bool is_doomed(const RunState& run);

/// Every group around it is under way, none of them is being restarted.
bool is_live(const RunState& run, const StepState& step);

/// When the time of the step, or of a group around it, is up. What is `always` has its own
/// allowance, and so has an undo.
std::optional<Instant> deadline_of(const RunState& run, const StepState& step);

/// budget_exceeded, if what would take "`what` until .." cannot end before that deadline: it is
/// refused at once rather than started.
std::optional<Error> no_time_until(const RunState& run, const StepState& step, Instant until,
                                   std::string_view what, Instant now);

/// The retries and restarts that the groups around the step still allow, of the group that allows
/// the fewest; nothing: no group bounds them. Its own allowance has what is `always`, and an undo.
struct RetriesLeft {
  std::uint32_t left = 0, of = 0;
  std::string group; // empty: the plan
};
std::optional<RetriesLeft> retries_left(const RunState& run, const StepState& step);

/// What to say where they are spent; nothing: one more is allowed.
std::optional<std::string> retries_spent(const RunState& run, const StepState& step);

/// What a group that completes hands on, without an `output` of its own.
JsonText gathered_output(const RunState& run, const StepState& group);

} // namespace troupe::supervision
