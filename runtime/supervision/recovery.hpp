// Stage 3 of 9: what a failure leads to: a group's restart, or what has to be taken back (PLANS.md,
// "Restart" and "Undo").
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "runtime/supervision/run_state.hpp"

namespace troupe::supervision {

/// What the group of a child that failed may do about it.
struct RestartVerdict {
  enum class Kind : std::uint8_t { none, restart, escalate };
  Kind kind = Kind::none; // none: the group never restarts anything
  std::vector<StepIndex> victims;
  Instant due{};      // when they may begin again, at the earliest
  std::string reason; // why it escalates
};
/// Retries and fallback are exhausted. `uniform` in [0, 1) is for the jitter.
RestartVerdict consider_restart(const RunState& run, const StepState& child, Instant now,
                                double uniform);

/// The effects of this iteration that repeating the step would repeat: settled or unknown `keyed`
/// and `once` calls.
bool holds_unrepeatable_effects(const StepState& step);

/// It has an undo that did not run yet, and something to take back.
bool must_be_undone(const StepState& step);

/// Whether a call happened is unknown, and its tool can be asked before a person is.
bool asks_its_tool(const StepState& step, const LedgerEntry& entry);
bool asks_its_tool(const StepState& step); // of any of its calls

/// It waits for word of grants that nobody settled, before it is undone.
bool holds_open_grant(const StepState& step);
bool awaits_settlement(const StepState& step);

/// What is to be taken back next among steps, and everything below them.
struct UndoVerdict {
  bool over = true;               // nothing is left to undo, and nothing is under way
  std::optional<StepIndex> next;  // may be undone now; the latest completed comes first
  std::vector<StepIndex> open;    // hold grants nobody settled; what became of them comes first
  std::vector<StepIndex> unknown; // hold `once` calls with an unknown outcome: a person decides
};
UndoVerdict consider_undo(const RunState& run, const std::vector<StepIndex>& tops);

/// Some step in there may still do something.
bool any_active(const RunState& run, const std::vector<StepIndex>& tops);

} // namespace troupe::supervision
