// What the readers of steps share: names in faults, conditions, durations, and the kinds of step
// that have no children.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/plan/fields.hpp"
#include "runtime/plan/language.hpp"
#include "runtime/plan/plan.hpp"

namespace troupe::plan {

/// "step `probe`", or "this step": each of its faults repeats the name, so only a proper one will
/// do.
std::string name_step(const SourceNode& source);

/// A value that must be one ${{ }}. Nothing if it is absent, or not that, which is a fault.
std::optional<Expression> read_condition(Fields& fields, std::string_view key);

/// A duration of at most `longest`; `why` ends the fault.
std::optional<Millis> read_bounded(Fields& fields, std::string_view key, Millis longest,
                                   std::string_view why);
std::optional<Millis> read_deadline(Fields& fields);

/// The one key, of those that `allowed` has, that says what a step is; the first one if there are
/// two, which is a fault that ends with `if_both`. None is a fault too.
std::optional<StepKind> read_kind(Fields& fields, KindSet allowed, std::string_view if_both);
/// Where `key` does not belong on `kind`, a fault says so.
void check_place(Fields& fields, const KeyRule& rule, StepKind kind);

/// The kinds without children. Each requires its key, and `fields` of a step.
AgentStep read_agent(Fields& fields);
ToolStep read_tool(Fields& fields);
ApprovalStep read_approval(Fields& fields, std::vector<Fault>& faults);
WaitStep read_wait(Fields& fields, std::vector<Fault>& faults);
PlanStep read_plan_step(Fields& fields);

/// What a step may carry to say where and how long its attempts go on: `retry`, `timeout`,
/// `start_within`, `labels`, `limits`.
void read_attempts(Fields& fields, Node& node, std::vector<Fault>& faults);
/// `undo` of the step `node`; nothing if it is absent.
std::shared_ptr<const Node> read_undo(Fields& fields, const Node& node, std::vector<Fault>& faults);

} // namespace troupe::plan
