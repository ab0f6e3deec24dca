#include "runtime/plan/step_parts.hpp"

#include <algorithm>

#include "runtime/permit_limits.hpp"
#include "runtime/placement/limit_rules.hpp"
#include "runtime/plan/policy_reader.hpp"
#include "runtime/plan/suggestion.hpp"
#include "runtime/plan/template.hpp"

namespace troupe::plan {
namespace {

using Type = SourceNode::Type;

constexpr Millis longest_attempt = std::chrono::days{30};
constexpr Millis longest_wait = std::chrono::days{366};

std::string quoted(std::string_view word) { return "`" + std::string{word} + "`"; }

bool holds_template(const SourceNode& node) {
  return node.type == Type::string && node.scalar.find("${{") != std::string::npos;
}

/// Arguments or inputs: a map, or one ${{ }} that yields one.
Template read_with(Fields& fields, std::string_view holds) {
  const auto* with = fields.find("with");
  if (with == nullptr) return {JsonText{"{}"}};
  Expression whole;
  const bool one_template = with->type == Type::string && single_expression(with->scalar, whole);
  if (with->type != Type::map && !one_template)
    fields.fault(with->place, "`with` must be a map of " + std::string{holds} +
                                  ", or one ${{ }} that yields one, not " +
                                  std::string{describe(with->type)});
  return {with->to_json()};
}

/// The text of a key that must have the form `is_formed` tells; otherwise a fault with `form`.
template <class IsFormed>
std::string read_formed(Fields& fields, std::string_view key, IsFormed is_formed,
                        std::string_view form) {
  const auto text = fields.text(key);
  if (text && !is_formed(*text))
    fields.fault(fields.find(key)->place, quoted(key) + " " + std::string{form});
  return text.value_or("");
}

/// `for: 5m` or `until: "2026-12-01T08:00:00Z"`; with a template in it, the run will tell.
template <class Parse>
std::optional<Template> read_moment(Fields& fields, std::string_view key, Parse parse,
                                    std::string_view form) {
  const auto* value = fields.find(key);
  if (value == nullptr) return std::nullopt;
  if (!holds_template(*value) && (value->type != Type::string || !parse(value->scalar)))
    fields.fault(value->place,
                 quoted(key) + " must be " + std::string{form} + ", or a template that yields one" +
                     (value->type == Type::string ? "; not " + quoted(value->scalar)
                                                  : ", not " + std::string{describe(value->type)}));
  return Template{value->to_json()};
}

void read_labels(Fields& fields, std::vector<std::string>& labels) {
  labels = fields.texts("labels");
  const auto* list = fields.find("labels");
  if (list == nullptr) return;
  for (const auto& item : list->items)
    if (item.type == Type::string && !is_node_label(item.scalar))
      fields.fault(item.place,
                   "a label is written as `gpu` or `zone=eu-1`; not " + quoted(item.scalar));
}

/// Keys of limits; one with a template in it is judged once that is filled in.
void read_limits(Fields& fields, std::vector<Template>& limits) {
  const auto* list = fields.list("limits");
  if (list == nullptr) return;
  if (list->items.size() > limits::limit_keys_max)
    fields.fault(list->place, "`limits` holds " + std::to_string(list->items.size()) +
                                  " keys; at most " + std::to_string(limits::limit_keys_max));
  for (const auto& item : list->items) {
    const bool is_text = item.type == Type::string;
    if (!holds_template(item) && (!is_text || !placement::is_limit_key(item.scalar)))
      fields.fault(item.place,
                   "a key of `limits` is a path, such as \"host/${{ inputs.host }}\"; not " +
                       (is_text ? quoted(item.scalar) : std::string{describe(item.type)}));
    limits.push_back({item.to_json()});
  }
}

} // namespace

std::string name_step(const SourceNode& source) {
  const auto* id = source.find("id");
  if (id == nullptr || id->type != Type::string || !is_name(id->scalar)) return "this step";
  return "step `" + id->scalar + "`";
}

std::optional<Expression> read_condition(Fields& fields, std::string_view key) {
  const auto* value = fields.find(key);
  if (value == nullptr) return std::nullopt;
  Expression expression;
  if (value->type == Type::string && single_expression(value->scalar, expression))
    return expression;
  // A template that does not parse is told where all templates are looked at.
  const bool broken =
      value->type == Type::string && !syntax_fault(Template{value->to_json()}).empty();
  if (!broken)
    fields.fault(value->place, quoted(key) +
                                   " must be one ${{ }} and nothing else, such as \"${{ "
                                   "inputs.enabled }}\"");
  return std::nullopt;
}

std::optional<Millis> read_bounded(Fields& fields, std::string_view key, Millis longest,
                                   std::string_view why) {
  const auto duration = fields.duration(key);
  if (duration && *duration > longest)
    fields.fault(fields.place_of(key),
                 quoted(key) + " is at most " + format_duration(longest) + std::string{why});
  return duration;
}

std::optional<Millis> read_deadline(Fields& fields) {
  return read_bounded(fields, "deadline", longest_wait, "; leave it out for none");
}

std::optional<StepKind> read_kind(Fields& fields, KindSet allowed, std::string_view if_both) {
  std::vector<std::string> found, known;
  std::optional<StepKind> kind;
  for (std::size_t i = 0; i < kind_words.size(); ++i) {
    if (!allowed.has(static_cast<StepKind>(i))) continue;
    known.emplace_back(kind_words[i]);
    if (!fields.has(kind_words[i])) continue;
    if (!kind) kind = static_cast<StepKind>(i);
    found.emplace_back(kind_words[i]);
  }
  if (found.empty() && fields.is_map())
    fields.fault(fields.node().place,
                 fields.what() + " does not say what to do; give it " + one_of(known));
  if (found.size() > 1)
    fields.fault(fields.place_of(found[1]), fields.what() + " is both " + quoted(found[0]) +
                                                " and " + quoted(found[1]) + "; " +
                                                std::string{if_both});
  return kind;
}

void check_place(Fields& fields, const KeyRule& rule, StepKind kind) {
  if (fields.has(rule.key) && !rule.on.has(kind))
    fields.fault(fields.place_of(rule.key), quoted(rule.key) + " does not belong on " +
                                                quoted(kind_words[static_cast<std::size_t>(kind)]) +
                                                ": " + std::string{rule.otherwise});
}

AgentStep read_agent(Fields& fields) {
  AgentStep agent;
  agent.role = read_formed(fields, "agent", is_name,
                           "names a role: a letter or `_`, then letters, digits, `_` and `-`; a "
                           "template cannot choose it");
  if (const auto* task = fields.find("task")) agent.task.value = task->to_json();
  return agent;
}

ToolStep read_tool(Fields& fields) {
  ToolStep tool;
  tool.tool = read_formed(fields, "tool", is_tool_name,
                          "names a tool as <toolkit>.<verb>, such as `probe.http`; a template "
                          "cannot choose it");
  tool.with = read_with(fields, "arguments");
  return tool;
}

PlanStep read_plan_step(Fields& fields) {
  PlanStep step;
  step.plan = read_formed(fields, "plan", is_plan_name,
                          "names a plan of the team: letters, digits, `_` and `-`, 64 at most; a "
                          "template cannot choose it");
  step.with = read_with(fields, "inputs");
  return step;
}

ApprovalStep read_approval(Fields& fields, std::vector<Fault>& faults) {
  ApprovalStep approval;
  Fields inner{*fields.find("approval"), "the `approval` of " + fields.what(), faults};
  inner.require("role", "say who may decide, such as `role: admin`");
  approval.role =
      read_formed(inner, "role", is_name,
                  "names who may decide: a letter or `_`, then letters, digits, `_` and `-`");
  approval.expires =
      read_bounded(inner, "expires", longest_wait, "").value_or(ApprovalStep{}.expires);
  if (inner.text("message")) approval.message.value = inner.find("message")->to_json();
  inner.refuse_unknown();
  return approval;
}

WaitStep read_wait(Fields& fields, std::vector<Fault>& faults) {
  WaitStep wait;
  Fields inner{*fields.find("wait"), "the `wait` of " + fields.what(), faults};
  const auto count = inner.has("for") + inner.has("until") + inner.has("signal");
  if (count != 1 && inner.is_map())
    inner.fault(inner.node().place, inner.what() +
                                        " takes exactly one of `for`, `until` and "
                                        "`signal`; it has " +
                                        (count == 0 ? "none" : std::to_string(count)));
  wait.duration = read_moment(inner, "for", parse_duration, "a duration such as 30s or 1h30m");
  wait.until = read_moment(inner, "until", parse_iso8601, "a time such as 2026-12-01T08:00:00Z");
  if (inner.has("signal"))
    wait.signal = read_formed(inner, "signal", is_name,
                              "names a signal: a letter or `_`, then letters, digits, `_` and "
                              "`-`; a template cannot choose it");
  if (!inner.has("signal"))
    for (const auto key : {"timeout", "output_schema"})
      if (fields.has(key))
        fields.fault(fields.place_of(key), quoted(key) +
                                               " belongs on a wait for a signal; one for a time "
                                               "ends by itself, without a result");
  inner.refuse_unknown();
  return wait;
}

void read_attempts(Fields& fields, Node& node, std::vector<Fault>& faults) {
  if (const auto* retry = fields.find("retry")) node.retry = read_retry(*retry, faults);
  const bool waits = std::holds_alternative<WaitStep>(node.kind);
  node.timeout = read_bounded(fields, "timeout", waits ? longest_wait : longest_attempt,
                              waits ? "" : "; it bounds one attempt, not the run");
  node.start_within =
      read_bounded(fields, "start_within", longest_wait, "; leave it out to wait for ever");
  read_labels(fields, node.labels);
  read_limits(fields, node.limits);
}

std::shared_ptr<const Node> read_undo(Fields& fields, const Node& node,
                                      std::vector<Fault>& faults) {
  const auto* source = fields.find("undo");
  if (source == nullptr) return nullptr;
  if (node.always)
    fields.fault(fields.place_of("undo"),
                 "`undo` does not go together with `always`: what always runs is not undone");
  auto undo = std::make_shared<Node>();
  Fields inner{*source, "the `undo` of " + fields.what(), faults};
  undo->id = node.id + std::string{undo_suffix};
  undo->priority = node.priority;
  const auto kind = read_kind(inner, dispatched, "it is one of them");
  for (const auto& rule : key_rules) {
    if (rule.key != "task" && rule.key != "with") continue;
    inner.know(rule.key);
    if (kind) check_place(inner, rule, *kind);
  }
  if (kind == StepKind::agent) undo->kind = read_agent(inner);
  if (kind == StepKind::tool) undo->kind = read_tool(inner);
  read_attempts(inner, *undo, faults);
  if (!inner.has("limits")) undo->limits = node.limits; // it uses what the step used
  inner.refuse_unknown();
  return undo;
}

} // namespace troupe::plan
