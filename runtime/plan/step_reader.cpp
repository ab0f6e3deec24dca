#include "runtime/plan/step_reader.hpp"

#include <algorithm>

#include "runtime/plan/fields.hpp"
#include "runtime/plan/language.hpp"
#include "runtime/plan/retry_reader.hpp"
#include "runtime/plan/suggestion.hpp"
#include "runtime/plan/template.hpp"

namespace troupe::plan {
namespace {

const std::vector<std::pair<std::string, message::Priority>> priorities{
    {"low", message::Priority::low},
    {"normal", message::Priority::normal},
    {"high", message::Priority::high},
    {"critical", message::Priority::critical}};

std::string quoted(std::string_view word) { return "`" + std::string{word} + "`"; }

/// How faults call a step; each of its faults repeats the name, so only a proper one will do.
std::string name_step(const SourceNode& source) {
  const auto* id = source.find("id");
  if (id == nullptr || id->type != SourceNode::Type::string || !is_name(id->scalar))
    return "this step";
  return "step `" + id->scalar + "`";
}

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

struct Kind {
  StepKind kind = StepKind::later;
  std::string word; // empty: none was found
};

/// The one key that says what a step is. None, or two of them, is a fault.
Kind read_kind(Fields& fields) {
  std::vector<std::string> found, known;
  StepKind kind = StepKind::later;
  for (const auto& [word, its_kind] : kinds) {
    known.emplace_back(word);
    if (!fields.has(word)) continue;
    if (found.empty()) kind = its_kind;
    found.emplace_back(word);
  }
  for (const auto word : kinds_not_yet) {
    if (!fields.has(word)) continue;
    fields.fault(fields.place_of(word), not_yet(word));
    if (found.empty()) kind = StepKind::later;
    found.emplace_back(word);
  }
  if (found.empty() && fields.is_map())
    fields.fault(fields.node().place,
                 fields.what() + " does not say what to do; give it " + one_of(known));
  if (found.size() > 1)
    fields.fault(fields.place_of(found[1]), fields.what() + " is both " + quoted(found[0]) +
                                                " and " + quoted(found[1]) +
                                                "; make two steps of it");
  return {kind, found.empty() ? "" : found[0]};
}

void check_places_of_keys(Fields& fields, const Kind& kind) {
  for (const auto& rule : key_rules) {
    if (!fields.has(rule.key) || kind.word.empty() || belongs(rule, kind.kind)) continue;
    fields.fault(fields.place_of(rule.key), quoted(rule.key) + " does not belong on " +
                                                quoted(kind.word) + ": " +
                                                std::string{rule.otherwise});
  }
  for (const auto key : keys_not_yet)
    if (fields.has(key)) fields.fault(fields.place_of(key), not_yet(key));
}

std::optional<Expression> read_condition(Fields& fields, std::string_view key) {
  const auto* value = fields.find(key);
  if (value == nullptr) return std::nullopt;
  Expression expression;
  if (value->type == SourceNode::Type::string && single_expression(value->scalar, expression))
    return expression;
  // A template that does not parse is told where all templates are looked at.
  const bool broken =
      value->type == SourceNode::Type::string && !syntax_fault(Template{value->to_json()}).empty();
  if (!broken)
    fields.fault(value->place, quoted(key) +
                                   " must be one ${{ }} and nothing else, such as \"${{ "
                                   "inputs.enabled }}\"");
  return std::nullopt;
}

std::optional<Millis> read_timeout(Fields& fields) {
  constexpr Millis longest = std::chrono::days{30};
  const auto timeout = fields.duration("timeout");
  if (timeout && *timeout > longest)
    fields.fault(fields.place_of("timeout"), "`timeout` is at most " + format_duration(longest) +
                                                 "; it bounds one attempt, not the run");
  return timeout;
}

AgentStep read_agent(Fields& fields) {
  AgentStep agent;
  agent.role = fields.text("agent").value_or("");
  const auto* role = fields.find("agent");
  if (role->type == SourceNode::Type::string && !is_name(agent.role))
    fields.fault(role->place,
                 "`agent` names a role: a letter or `_`, then letters, digits, `_` "
                 "and `-`; a template cannot choose it");
  if (const auto* task = fields.find("task")) agent.task.value = task->to_json();
  return agent;
}

ToolStep read_tool(Fields& fields) {
  ToolStep tool;
  tool.tool = fields.text("tool").value_or("");
  const auto* name = fields.find("tool");
  if (name->type == SourceNode::Type::string && !is_tool_name(tool.tool))
    fields.fault(name->place,
                 "`tool` names a tool as <toolkit>.<verb>, such as `probe.http`; a "
                 "template cannot choose it");
  tool.with.value = JsonText{"{}"};
  if (const auto* with = fields.find("with")) {
    Expression whole;
    const bool one_template =
        with->type == SourceNode::Type::string && single_expression(with->scalar, whole);
    if (with->type != SourceNode::Type::map && !one_template)
      fields.fault(with->place,
                   "`with` must be a map of arguments, or one ${{ }} that yields "
                   "one, not " +
                       std::string{describe(with->type)});
    tool.with.value = with->to_json();
  }
  return tool;
}

} // namespace

std::vector<Node> StepReader::read_steps(const SourceNode& list, std::string_view whose,
                                         message::Priority priority) {
  std::vector<Node> steps;
  if (list.type != SourceNode::Type::list)
    faults_.push_back({list.place, quoted(whose) + " must be a list of steps, not " +
                                       std::string{describe(list.type)}});
  else if (list.items.empty())
    faults_.push_back({list.place, quoted(whose) + " holds no step; give it one or remove it"});
  for (const auto& item : list.items) steps.push_back(read_step(item, priority));
  return steps;
}

Node StepReader::read_step(const SourceNode& source, message::Priority priority) {
  Node node;
  Fields fields{source, name_step(source), faults_};
  node.id = read_id(fields);
  const auto kind = read_kind(fields);
  check_places_of_keys(fields, kind);
  node.priority = fields.choice("priority", priorities).value_or(priority);
  node.when = read_condition(fields, "when");
  node.always = fields.boolean("always").value_or(false);
  node.timeout = read_timeout(fields);
  fields.list("needs"); // its names are looked up once all are known
  if (const auto* retry = fields.find("retry")) node.retry = read_retry(*retry, faults_);
  if (const auto* output = fields.find("output")) node.output = Template{output->to_json()};

  const auto read_group = [&](NodeKind group) {
    node.kind = std::move(group);
    node.children = read_steps(*fields.find(kind.word), kind.word, node.priority);
  };
  switch (kind.kind) {
    case StepKind::agent: node.kind = read_agent(fields); break;
    case StepKind::tool: node.kind = read_tool(fields); break;
    case StepKind::sequence: read_group(Sequence{}); break;
    case StepKind::parallel: read_group(Parallel{}); break;
    case StepKind::later: break; // a fault has said so
  }
  if (strategy_ == Strategy::sequential)
    for (const auto key : {"needs", "parallel"})
      if (fields.has(key))
        fields.fault(fields.place_of(key), quoted(key) +
                                               " has no place in a `sequential` plan; "
                                               "remove it, or make the strategy "
                                               "`hybrid`");
  fields.refuse_unknown();
  return node;
}

} // namespace troupe::plan
