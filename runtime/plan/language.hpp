// The words of the plan language (PLANS.md) and where each belongs, as tables.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::plan {

// ---- what this version cannot execute yet. An entry goes when its executor comes.

inline constexpr std::array<std::string_view, 6> kinds_not_yet{"approval", "wait",   "plan",
                                                               "foreach",  "repeat", "switch"};
inline constexpr std::array<std::string_view, 6> keys_not_yet{
    "undo", "restart", "tolerate_failures", "fallback", "deadline", "start_within"};
inline constexpr std::array<std::string_view, 1> strategies_not_yet{"adaptive"};

/// "`foreach` is part of the plan language but this version cannot execute it yet"
std::string not_yet(std::string_view word);

// ---- what a step or group is, told by the one key of these that it has

enum class StepKind : std::uint8_t { agent, tool, sequence, parallel, later };

struct KindWord {
  std::string_view word;
  StepKind kind;
};
inline constexpr std::array<KindWord, 4> kinds{{{"agent", StepKind::agent},
                                                {"tool", StepKind::tool},
                                                {"sequence", StepKind::sequence},
                                                {"parallel", StepKind::parallel}}};

// ---- what else it may carry

struct KeyRule {
  std::string_view key;
  bool on_agent, on_tool, on_group;
  std::string_view otherwise; // said where it does not belong
};
inline constexpr std::array<KeyRule, 10> key_rules{{
    {"id", true, true, true, ""},
    {"needs", true, true, true, ""},
    {"when", true, true, true, ""},
    {"always", true, true, true, ""},
    {"priority", true, true, true, ""},
    {"task", true, false, false, "it is what an `agent` is told; a `tool` takes `with`"},
    {"with", false, true, false, "it holds the arguments of a `tool`; an `agent` takes `task`"},
    {"retry", true, true, false, "it repeats attempts, which only an agent or a tool makes"},
    {"timeout", true, true, false, "it bounds one attempt, which only an agent or a tool makes"},
    {"output", false, false, true,
     "it shapes the result of a group or of the plan; a step's result is what its agent or tool "
     "returns"},
}};

/// Whether `rule` lets its key stand on a step or group of `kind`.
bool belongs(const KeyRule& rule, StepKind kind);

/// [A-Za-z_][A-Za-z0-9_-]*, 128 characters at most: ids, roles, inputs.
bool is_name(std::string_view text);
/// "<toolkit>.<verb>": names joined by dots, at least two.
bool is_tool_name(std::string_view text);

} // namespace troupe::plan
