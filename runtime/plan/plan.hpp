// Stage 2 of 9: job -> PLAN -> supervise -> dispatch -> agent -> tool -> result -> journal ->
// answer. A plan is data: a tree of groups and steps (PLANS.md). parse.hpp makes one, or finds
// every fault.
#pragma once
#include <map>
#include <optional>
#include <string>
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
struct Sequence {};
struct Parallel {};

struct Node {
  std::string id; // unique in the plan
  std::variant<AgentStep, ToolStep, Sequence, Parallel> kind;
  std::vector<Node> children; // of a group, in file order
  /// Ids of what it waits for, all before it in the file: siblings, or siblings of a group around
  /// it. Resolved: the implied link to the preceding sibling is spelled out here.
  std::vector<std::string> needs;
  std::optional<Expression> when;
  std::vector<RetryPolicy> retry; // empty: a failure is a failure
  std::optional<Millis> timeout;  // of one attempt
  std::optional<Millis> deadline; // of all attempts with their waits
  RestartPolicy restart;          // of a group
  std::optional<Template> output; // of a group; nothing: a map of its children's outputs by id
  std::string fallback;           // another role, after exhausted retries
  bool always = false;
  std::uint32_t tolerate_failures = 0;
  message::Priority priority = message::Priority::normal;

  bool is_group() const { return kind.index() >= 2; }
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

/// The role a step asks placement for: an agent's role, or "tool:<toolkit>" for a direct tool call.
std::string role_of(const Node& step);

} // namespace troupe::plan
