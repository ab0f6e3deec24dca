// Stage 2 of 9: job -> PLAN -> supervise -> dispatch -> agent -> tool -> result -> journal ->
// answer. A plan is data: a tree of groups and steps (PLANS.md). parse.hpp makes one, or finds
// every fault.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/json_text.hpp"
#include "runtime/message/agent_message.hpp"
#include "runtime/plan/restart_policy.hpp"
#include "runtime/plan/retry_policy.hpp"

namespace troupe::plan {

/// Text with ${{ }} in it, or a JSON value whose strings may hold some (template.hpp evaluates
/// both).
struct Template {
  JsonText value;
  friend bool operator==(const Template&, const Template&) = default;
};
/// The inside of one ${{ }}: a condition.
struct Expression {
  std::string text;
  friend bool operator==(const Expression&, const Expression&) = default;
};

// What a node does. One alternative per kind of step or group.
struct AgentStep {
  std::string role;
  Template task;
};
struct ToolStep {
  std::string tool;
  Template with;
};
struct ApprovalStep {
  std::string role;           // who may decide
  Millis expires{86'400'000}; // then it fails, timeout
  Template message;           // what the person reads; null: nothing
};
struct WaitStep { // exactly one of these is set
  std::string signal;
  std::optional<Template> duration; // "5m"
  std::optional<Template> until;    // a time as in RFC 3339
};
struct PlanStep { // a child run, with its own result
  std::string plan;
  Template with; // its inputs
};
struct Sequence {};
struct Parallel {};
/// One child, the body: a sequence without an id, of which each item makes an instance `id[0]`,
/// `id[1]`, ...
struct Foreach {
  Template in; // yields a list
  std::string as = "item";
  std::uint32_t concurrency = 10;
  bool single = false; // `do` is one step: an item's output is that step's own
};
/// One child, the body, likewise: one instance a round, until `until` holds after one.
struct Repeat {
  Expression until;
  std::uint32_t max = 10; // rounds; if `until` does not hold after the last one, task_failed
  bool single = false;
};
/// A child, a sequence without an id, for each case; the default, if there is one, comes last. No
/// case and no default is invalid_input.
struct Switch {
  Template on;                     // yields a string, a number or a boolean
  std::vector<std::string> labels; // of the children; default_label for the default
};
inline constexpr std::string_view default_label = "default";

using NodeKind = std::variant<AgentStep, ToolStep, ApprovalStep, WaitStep, PlanStep, Sequence,
                              Parallel, Foreach, Repeat, Switch>;
/// "agent", "tool", "approval", "wait", "plan", "sequence", ...: the key that says what it is.
std::string_view kind_name(const NodeKind& kind);

/// How many children of a group may fail without failing it. Blocked ones do not count.
struct Tolerance {
  double amount = 0;
  bool percent = false; // of the children, rounded down
  std::size_t of(std::size_t children) const;
  friend bool operator==(const Tolerance&, const Tolerance&) = default;
};

struct Node {
  std::string id; // unique in the plan; empty: the plan itself, a body, a case
  NodeKind kind;
  std::vector<Node> children; // of a group, in file order
  /// Ids of what it waits for, all before it in the file: siblings, or siblings of a group around
  /// it. Resolved: the implied link to the preceding sibling is spelled out here.
  std::vector<std::string> needs;
  std::optional<Expression> when;
  std::vector<RetryPolicy> retry;     // empty: a failure is a failure
  std::optional<Millis> timeout;      // of one attempt; of a wait
  std::optional<Millis> deadline;     // of everything from ready to the end, with all waits
  std::optional<Millis> start_within; // the wait for capacity; then no_capacity
  RestartPolicy restart;              // of a group
  std::optional<Template> output;     // of a group; nothing: a map of its children's outputs by id
  std::optional<JsonText> output_schema; // of a step's result; nothing: any will do
  std::string fallback;                  // another role, after exhausted retries
  std::vector<std::string> labels;       // that a node must offer
  std::vector<Template> limits; // keys that an attempt counts under: placement/limit_rules.hpp
  /// What takes back what the step did: an agent or a tool, with `retry` and `timeout` of its own;
  /// its id is the step's followed by undo_suffix. Reads `self.{with, task, output}` besides.
  std::shared_ptr<const Node> undo;
  bool always = false;
  Tolerance tolerate_failures; // of a group
  std::optional<std::uint32_t>
      retry_budget; // of a group: retries and restarts of all that is in it
  message::Priority priority = message::Priority::normal;

  bool is_group() const { return kind.index() >= 5; }
  bool is_dispatched() const { return kind.index() <= 1; } // an attempt on a node: agent or tool
};

struct Input {
  std::string type; // string | number | integer | boolean | object | array; empty: any
  bool required = true;
  JsonText default_value;
  std::string description;
};

enum class Strategy : std::uint8_t { hybrid, sequential, parallel };

struct Plan {
  std::string name;
  std::string description;
  std::map<std::string, Input> inputs;
  Strategy strategy = Strategy::hybrid;
  Node root; // a Sequence (hybrid, sequential) or Parallel with the plan's steps; its id is ""
  std::optional<Template> output;
  std::string hash; // sha256 in hex of the canonical JSON of the source
};

inline constexpr std::string_view undo_suffix = "~undo";

/// The role a step asks placement for: an agent's role, or "tool:<toolkit>" for a direct tool call.
std::string role_of(const Node& step);

} // namespace troupe::plan
