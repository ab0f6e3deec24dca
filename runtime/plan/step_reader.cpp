#include "runtime/plan/step_reader.hpp"

#include "runtime/json_schema.hpp"
#include "runtime/plan/policy_reader.hpp"
#include "runtime/plan/step_parts.hpp"
#include "runtime/plan/template.hpp"

namespace troupe::plan {
namespace {

using Type = SourceNode::Type;

constexpr std::int64_t concurrency_max = 10'000, rounds_max = 10'000, retry_budget_max = 1'000'000;

std::string quoted(std::string_view word) { return "`" + std::string{word} + "`"; }

std::string read_id(Fields& fields) {
  if (!fields.require("id", "every step and group has one")) return "";
  const auto id = fields.text("id");
  if (!id) return "";
  if (is_name(*id)) return *id;
  fields.fault(fields.find("id")->place,
               "an `id` begins with a letter or `_` and goes on with letters, digits, `_` and `-`, "
               "128 at most; " +
                   quoted(*id) + " does not");
  return "";
}

void read_output_schema(Fields& fields, Node& node) {
  const auto* schema = fields.map("output_schema");
  if (schema == nullptr) return;
  node.output_schema = schema->to_json();
  if (const auto defect = schema_defect(node.output_schema->text); !defect.empty())
    fields.fault(schema->place, "`output_schema` is no JSON Schema: " + defect);
}

void read_fallback(Fields& fields, Node& node) {
  const auto fallback = fields.text("fallback");
  if (!fallback) return;
  node.fallback = *fallback;
  const auto& place = fields.find("fallback")->place;
  const auto* agent = std::get_if<AgentStep>(&node.kind);
  if (!is_name(node.fallback))
    fields.fault(place,
                 "`fallback` names a role: a letter or `_`, then letters, digits, `_` and `-`");
  else if (agent != nullptr && agent->role == node.fallback)
    fields.fault(place,
                 "`fallback` is the step's own role; name another one, or give the step "
                 "more tries under `retry`");
}

/// A list, or one ${{ }} that yields one.
Template read_items(Fields& fields) {
  if (!fields.require("in", "give it a list, such as `in: \"${{ inputs.hosts }}\"`")) return {};
  const auto& items = *fields.find("in");
  Expression whole;
  const bool is_text = items.type == Type::string;
  const bool broken = is_text && !syntax_fault(Template{items.to_json()}).empty();
  if (items.type != Type::list && !broken && !(is_text && single_expression(items.scalar, whole)))
    fields.fault(items.place, "`in` must be a list, or one ${{ }} that yields one, not " +
                                  std::string{describe(items.type)});
  return {items.to_json()};
}

} // namespace

std::vector<Node> StepReader::read_steps(const SourceNode& list, std::string_view whose,
                                         message::Priority priority) {
  std::vector<Node> steps;
  if (list.type != Type::list)
    faults_.push_back({list.place, quoted(whose) + " must be a list of steps, not " +
                                       std::string{describe(list.type)}});
  else if (list.items.empty())
    faults_.push_back({list.place, quoted(whose) + " holds no step; give it one or remove it"});
  for (const auto& item : list.items) steps.push_back(read_step(item, priority));
  return steps;
}

void StepReader::read_supervision(Fields& fields, Node& group) {
  if (const auto* restart = fields.find("restart")) group.restart = read_restart(*restart, faults_);
  if (const auto* tolerance = fields.find("tolerate_failures"))
    group.tolerate_failures = read_tolerance(*tolerance, faults_);
  if (const auto budget = fields.integer("retry_budget", 0, retry_budget_max))
    group.retry_budget = static_cast<std::uint32_t>(*budget);
  group.deadline = read_deadline(fields);
}

Node StepReader::read_step(const SourceNode& source, message::Priority priority) {
  Node node;
  Fields fields{source, name_step(source), faults_};
  node.id = read_id(fields);
  const auto kind = read_kind(fields, any_kind, "make two steps of it");
  node.priority = fields.priority("priority").value_or(priority);
  for (const auto& rule : key_rules) {
    if (kind) check_place(fields, rule, *kind);
    fields.know(rule.key);
  }
  if (kind) read_kind_of(fields, *kind, node);
  read_rest(fields, node);
  if (strategy_ == Strategy::sequential) refuse_in_sequential(fields);
  fields.refuse_unknown();
  return node;
}

void StepReader::read_rest(Fields& fields, Node& node) {
  node.when = read_condition(fields, "when");
  node.always = fields.boolean("always").value_or(false);
  fields.list("needs"); // its names are looked up once all are known
  read_attempts(fields, node, faults_);
  read_supervision(fields, node);
  read_output_schema(fields, node);
  read_fallback(fields, node);
  if (const auto* output = fields.find("output")) node.output = Template{output->to_json()};
  node.undo = read_undo(fields, node, faults_);
}

void StepReader::read_kind_of(Fields& fields, StepKind kind, Node& node) {
  const auto read_group = [&](NodeKind group, std::string_view word) {
    node.kind = std::move(group);
    node.children = read_steps(*fields.find(word), word, node.priority);
  };
  switch (kind) {
    case StepKind::agent: node.kind = read_agent(fields); break;
    case StepKind::tool: node.kind = read_tool(fields); break;
    case StepKind::approval: node.kind = read_approval(fields, faults_); break;
    case StepKind::wait: node.kind = read_wait(fields, faults_); break;
    case StepKind::plan: node.kind = read_plan_step(fields); break;
    case StepKind::sequence: read_group(Sequence{}, "sequence"); break;
    case StepKind::parallel: read_group(Parallel{}, "parallel"); break;
    case StepKind::foreach_item: read_foreach(fields, node); break;
    case StepKind::repeat: read_repeat(fields, node); break;
    case StepKind::switch_case: read_switch(fields, node); break;
  }
}

Node StepReader::read_body(const SourceNode& source, std::string_view whose,
                           message::Priority priority) {
  Node body;
  body.kind = Sequence{};
  body.priority = priority;
  if (source.type == Type::map)
    body.children.push_back(read_step(source, priority));
  else if (source.type == Type::list)
    body.children = read_steps(source, whose, priority);
  else
    faults_.push_back({source.place, quoted(whose) + " must be a step or a list of steps, not " +
                                         std::string{describe(source.type)}});
  return body;
}

void StepReader::read_foreach(Fields& fields, Node& node) {
  Foreach foreach;
  Fields inner{*fields.find("foreach"), "the `foreach` of " + fields.what(), faults_};
  foreach
    .in = read_items(inner);
  if (const auto as = inner.text("as")) {
    foreach
      .as = *as;
    if (!is_item_name(*as))
      inner.fault(inner.find("as")->place,
                  "`as` names the item: a letter or `_`, then letters, digits, `_` and `-`, and "
                  "no word that a template knows already; not " +
                      quoted(*as));
  }
  if (const auto value = inner.integer("concurrency", 1, concurrency_max))
    foreach
      .concurrency = static_cast<std::uint32_t>(*value);
  if (strategy_ == Strategy::sequential && foreach.concurrency != 1)
    inner.fault(inner.place_of("concurrency"),
                "a `sequential` plan does one thing at a time, and this foreach " +
                    std::to_string(foreach.concurrency) +
                    "; give it `concurrency: 1`, or make the strategy `hybrid`");
  if (inner.require("do", "say what is done with each item")) {
    const auto& body = *inner.find("do");
    foreach
      .single = body.type == Type::map;
    node.children.push_back(read_body(body, "do", node.priority));
  }
  inner.refuse_unknown();
  node.kind = std::move(foreach);
}

void StepReader::read_repeat(Fields& fields, Node& node) {
  Repeat repeat;
  Fields inner{*fields.find("repeat"), "the `repeat` of " + fields.what(), faults_};
  if (inner.require("until",
                    "say when it is enough, such as "
                    "`until: \"${{ steps.check.output.ok }}\"`"))
    repeat.until = read_condition(inner, "until").value_or(Expression{});
  if (const auto value = inner.integer("max", 1, rounds_max))
    repeat.max = static_cast<std::uint32_t>(*value);
  if (inner.require("do", "say what is done in each round")) {
    const auto& body = *inner.find("do");
    repeat.single = body.type == Type::map;
    node.children.push_back(read_body(body, "do", node.priority));
  }
  inner.refuse_unknown();
  node.kind = std::move(repeat);
}

void StepReader::read_switch(Fields& fields, Node& node) {
  Switch chosen;
  Fields inner{*fields.find("switch"), "the `switch` of " + fields.what(), faults_};
  if (inner.require("on", "say what chooses, such as `on: \"${{ steps.look.output.kind }}\"`")) {
    const auto& on = *inner.find("on");
    if (on.type != Type::string || on.scalar.find("${{") == std::string::npos)
      inner.fault(on.place,
                  "`on` must be text with a ${{ }} in it, else it always chooses the "
                  "same case");
    chosen.on = {on.to_json()};
  }
  inner.require("cases", "give it a map from a value of `on` to a step or a list of steps");
  if (const auto* cases = inner.map("cases")) {
    if (cases->members.empty())
      inner.fault(cases->place, "`cases` holds no case; give it one or remove the switch");
    for (std::size_t i = 0; i < cases->members.size(); ++i) {
      const auto& [label, body] = cases->members[i];
      if (!is_case_label(label))
        inner.fault(cases->member_places[i],
                    label == default_label
                        ? "`default` stands beside `cases`, not among them"
                        : "a case is named with letters, digits, `_`, `.` and `-`, 128 at most; " +
                              quoted(label) + " is not");
      chosen.labels.push_back(label);
      node.children.push_back(read_body(body, label, node.priority));
    }
  }
  if (const auto* otherwise = inner.find(default_label)) {
    chosen.labels.emplace_back(default_label);
    node.children.push_back(read_body(*otherwise, default_label, node.priority));
  }
  inner.refuse_unknown();
  node.kind = std::move(chosen);
}

void StepReader::refuse_in_sequential(Fields& fields) {
  for (const auto key : {"needs", "parallel"})
    if (fields.has(key))
      fields.fault(fields.place_of(key), quoted(key) +
                                             " has no place in a `sequential` plan; remove it, or "
                                             "make the strategy `hybrid`");
}

} // namespace troupe::plan
