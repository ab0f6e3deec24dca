// The words of the plan language (PLANS.md) and where each belongs, as tables.
#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace troupe::plan {

// ---- what a step or group is, told by the one key of these that it has

/// In the order of NodeKind.
enum class StepKind : std::uint8_t {
  agent,
  tool,
  approval,
  wait,
  plan,
  sequence,
  parallel,
  foreach_item,
  repeat,
  switch_case,
};
inline constexpr std::array<std::string_view, 10> kind_words{
    "agent",    "tool",     "approval", "wait",   "plan",
    "sequence", "parallel", "foreach",  "repeat", "switch"};

// ---- what else it may carry, apart from `id needs when always priority deadline`, which all may

class KindSet {
 public:
  constexpr KindSet(std::initializer_list<StepKind> kinds) {
    for (const auto kind : kinds) bits_ |= 1U << static_cast<unsigned>(kind);
  }
  constexpr bool has(StepKind kind) const { return bits_ >> static_cast<unsigned>(kind) & 1U; }

 private:
  unsigned bits_ = 0;
};
inline constexpr KindSet any_kind{StepKind::agent,      StepKind::tool,         StepKind::approval,
                                  StepKind::wait,       StepKind::plan,         StepKind::sequence,
                                  StepKind::parallel,   StepKind::foreach_item, StepKind::repeat,
                                  StepKind::switch_case};
inline constexpr KindSet groups{StepKind::sequence, StepKind::parallel, StepKind::foreach_item,
                                StepKind::repeat, StepKind::switch_case};
inline constexpr KindSet dispatched{StepKind::agent, StepKind::tool};
inline constexpr KindSet acting{StepKind::agent, StepKind::tool, StepKind::plan};

struct KeyRule {
  std::string_view key;
  KindSet on;
  std::string_view otherwise; // said where it does not belong
};
inline constexpr std::array<KeyRule, 14> key_rules{{
    {"task", {StepKind::agent}, "it is what an `agent` is told; a `tool` and a `plan` take `with`"},
    {"with",
     {StepKind::tool, StepKind::plan},
     "it holds the arguments of a `tool` or the inputs of a `plan`; an `agent` takes `task`"},
    {"retry", acting,
     "it repeats what an agent, a tool or a child plan tried; a group takes `restart`"},
    {"timeout",
     {StepKind::agent, StepKind::tool, StepKind::wait},
     "it bounds one attempt of an agent or a tool, or the wait for a signal; an `approval` takes "
     "`expires`, and `deadline` bounds anything"},
    {"start_within", dispatched,
     "it bounds the wait for a node, which only an agent or a tool needs"},
    {"labels", dispatched,
     "they choose the node of an attempt, which only an agent or a tool makes"},
    {"limits", dispatched, "they name what an attempt uses, which only an agent or a tool makes"},
    {"fallback", {StepKind::agent}, "it names another role, which only an `agent` has"},
    {"undo", acting, "it takes back what an agent, a tool or a child plan did"},
    {"output_schema",
     {StepKind::agent, StepKind::tool, StepKind::plan, StepKind::wait},
     "it judges the result of an agent, a tool, a child plan or a signal"},
    {"output",
     {StepKind::sequence, StepKind::parallel},
     "it shapes the result of a `sequence`, of a `parallel` group or of the plan; any other result "
     "is what the step yields"},
    {"restart", groups, "it starts the children of a group again; a step takes `retry`"},
    {"retry_budget", groups,
     "it bounds the tries and restarts of everything in a group; of a step `max_attempts` does"},
    {"tolerate_failures", groups,
     "it counts the children of a group; put the step into a `sequence` that carries it"},
}};

// ---- what this version cannot execute yet. An entry goes when its executor comes.

inline constexpr std::array<std::string_view, 1> strategies_not_yet{"adaptive"};

/// "`strategy: adaptive` is part of the plan language but this version cannot execute it yet"
std::string not_yet(std::string_view word);

// ---- how things are named

/// [A-Za-z_][A-Za-z0-9_-]*, 128 characters at most: ids, roles, inputs, signals, items.
bool is_name(std::string_view text);
/// "<toolkit>.<verb>": names joined by dots, at least two.
bool is_tool_name(std::string_view text);
/// [A-Za-z0-9][A-Za-z0-9_-]*, 64 at most: a plan of a team.
bool is_plan_name(std::string_view text);
/// [A-Za-z0-9_.-], 128 at most, not `default`: a case of a switch.
bool is_case_label(std::string_view text);
/// "gpu", "gpu=1", "zone=eu-1": what a node offers.
bool is_node_label(std::string_view text);

/// What paths begin with. `self` belongs in an undo, `index` in a foreach or a repeat.
inline constexpr std::array<std::string_view, 6> roots{"inputs", "run",  "signals",
                                                       "steps",  "self", "index"};
/// A name that an item of a foreach can be read under: no root, no literal.
bool is_item_name(std::string_view text);

} // namespace troupe::plan
