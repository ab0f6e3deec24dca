#include "runtime/simulation/plan_scenario.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <regex>

#include "runtime/json_value.hpp"
#include "runtime/plan/longest.hpp"
#include "runtime/plan/template.hpp"
#include "runtime/plan/uses.hpp"
#include "runtime/simulation/weather.hpp"

namespace troupe::simulation {
namespace {

namespace json = boost::json;

/// What somebody does with a value that a step returned.
enum class Use { text, list, choice, condition, duration };

/// Calls `visit(path, use, expression)` for each path that stands in a template of `node` or below;
/// the expression is null but for conditions.
template <class Visit>
void each_path(const plan::Node& node, const Visit& visit) {
  const auto read = [&](const plan::Template& value, Use use) {
    for (const auto& path : plan::paths_of(value)) visit(node, path, use, nullptr);
  };
  const auto read_condition = [&](const plan::Expression& condition) {
    for (const auto& path : plan::paths_of(condition))
      visit(node, path, Use::condition, &condition);
  };
  if (node.when) read_condition(*node.when);
  if (node.output) read(*node.output, Use::text);
  std::visit(Overloaded{
                 [&](const plan::AgentStep& step) { read(step.task, Use::text); },
                 [&](const plan::ToolStep& step) { read(step.with, Use::text); },
                 [&](const plan::ApprovalStep& step) { read(step.message, Use::text); },
                 [&](const plan::WaitStep& step) {
                   if (step.duration) read(*step.duration, Use::duration);
                 },
                 [&](const plan::Foreach& step) { read(step.in, Use::list); },
                 [&](const plan::Repeat& step) { read_condition(step.until); },
                 [&](const plan::Switch& step) { read(step.on, Use::choice); },
                 [](const auto&) {},
             },
             node.kind);
  for (const auto& child : node.children) each_path(child, visit);
  if (node.undo) each_path(*node.undo, visit);
}

using Words = std::vector<std::string>::const_iterator;

/// `leaf` at the end of the path, unless something else is on the way.
void put(json::value& into, Words word, Words end, json::value leaf) {
  if (word == end) {
    if (into.is_null()) into = std::move(leaf);
    return;
  }
  if (into.is_null()) into.emplace_object();
  if (into.is_object()) put(into.get_object()[*word], word + 1, end, std::move(leaf));
}

const plan::Node* find(const plan::Node& node, std::string_view id) {
  if (node.id == id) return &node;
  for (const auto& child : node.children)
    if (const auto* found = find(child, id)) return found;
  return nullptr;
}

/// What the paths of a plan ask for, under one seed.
class Answers {
 public:
  Answers(const plan::Plan& plan, std::uint64_t seed) : plan_{plan}, entropy_{seed} {
    each_path(plan.root, [this](const plan::Node& node, const std::vector<std::string>& path,
                                Use use, const plan::Expression* condition) {
      if (path.front() == "inputs" && path.size() > 1)
        put(inputs_[path[1]], path.begin() + 2, path.end(), sample(node, path, use, condition));
      else
        need(node, path, sample(node, path, use, condition));
    });
    if (!plan.output) return;
    for (const auto& path : plan::paths_of(*plan.output)) need(plan.root, path, "sample");
  }

  /// By the id of the step, what is read of it; of the inputs, by name.
  const std::map<std::string, json::value>& of_steps() const { return steps_; }
  json::value of_input(const std::string& name, const std::string& type) {
    const auto read = inputs_.find(name);
    const bool fits = read != inputs_.end() &&
                      (type.empty() || (type == "object") == read->second.is_object()) &&
                      (type.empty() || (type == "array") == read->second.is_array());
    return fits && type != "integer" && type != "number" && type != "boolean" ? read->second
                                                                              : of_type(type);
  }
  json::value of_type(const std::string& type) {
    if (type == "integer" || type == "number") return below(5);
    if (type == "boolean") return below(2) == 0;
    if (type == "array") return json::array{"one", "two", "three"};
    if (type == "object") return json::object{};
    return "sample";
  }

 private:
  int below(int bound) { return static_cast<int>(entropy_.uniform() * bound); }

  json::value sample(const plan::Node& node, const std::vector<std::string>& path, Use use,
                     const plan::Expression* condition) {
    switch (use) {
      case Use::text: return "sample";
      case Use::duration: return "5s";
      case Use::list: return list_for(node);
      case Use::condition: return compared(path, condition->text);
      case Use::choice: break;
    }
    const auto& labels = std::get<plan::Switch>(node.kind).labels;
    return json::string{labels[static_cast<std::size_t>(below(static_cast<int>(labels.size())))]};
  }

  /// Items that have what the body reads of one.
  json::value list_for(const plan::Node& foreach) {
    const auto& as = std::get<plan::Foreach>(foreach.kind).as;
    json::value item;
    each_path(foreach.children.front(),
              [&](const plan::Node& node, const std::vector<std::string>& path, Use use,
                  const plan::Expression* condition) {
                if (path.front() == as && path.size() > 1)
                  put(item, path.begin() + 1, path.end(), sample(node, path, use, condition));
              });
    return item.is_null() ? of_type("array") : json::array{item, item, item};
  }

  /// A value that is compared is sometimes what it is compared with.
  json::value compared(const std::vector<std::string>& path, const std::string& condition) {
    static const std::regex comparison{
        R"(([A-Za-z_][\w.]*)\s*(==|!=|<=|>=|<|>)\s*('[^']*'|"[^"]*"|-?[0-9.]+|true|false))"};
    std::string written;
    for (const auto& word : path) written += (written.empty() ? "" : ".") + word;
    for (std::sregex_iterator at{condition.begin(), condition.end(), comparison}, end; at != end;
         ++at) {
      if ((*at)[1] != written) continue;
      std::string literal = (*at)[3];
      if (literal.front() == '\'') literal.front() = literal.back() = '"';
      const auto value = read_json(literal).value_or("sample");
      if (below(2) == 0) return value;
      return value.is_number() ? json::value(below(100))
             : value.is_bool() ? json::value(!value.get_bool())
                               : json::value("other");
    }
    return of_type("boolean");
  }

  /// {"steps","a","output","x"} and {"self","output","x"} shall be there.
  void need(const plan::Node& reader, const std::vector<std::string>& path, json::value leaf) {
    auto word = path.begin() + 1;
    const plan::Node* node = nullptr;
    if (path[0] == "self") {
      const auto whole = reader.id.size() - std::min(reader.id.size(), plan::undo_suffix.size());
      node = find(plan_.root, std::string_view{reader.id}.substr(0, whole));
    } else if (path[0] == "steps" && word != path.end()) {
      node = find(plan_.root, *word++);
    }
    if (node == nullptr || word == path.end() || *word++ != "output") return;
    node = descend(node, word, path.end());
    if (node != nullptr && !node->is_group() && !node->output_schema)
      put(steps_[node->id], word, path.end(), std::move(leaf));
  }

  /// Through groups without an output of their own, to the child that the next word names.
  static const plan::Node* descend(const plan::Node* node, Words& word, Words end) {
    while (node != nullptr && node->is_group() && !node->output && word != end) {
      if (node->children.size() == 1 && node->children.front().id.empty()) {
        if (std::holds_alternative<plan::Foreach>(node->kind)) ++word; // which item
        const bool single =
            std::visit(Overloaded{[](const plan::Foreach& group) { return group.single; },
                                  [](const plan::Repeat& group) { return group.single; },
                                  [](const auto&) { return false; }},
                       node->kind);
        node = &node->children.front();
        if (single) node = &node->children.front();
        continue;
      }
      const auto child = std::find_if(node->children.begin(), node->children.end(),
                                      [&](const auto& one) { return one.id == *word; });
      if (child == node->children.end()) return nullptr;
      ++word;
      node = &*child;
    }
    return node;
  }

  const plan::Plan& plan_;
  SeededEntropy entropy_;
  std::map<std::string, json::value> steps_, inputs_;
};

/// The smallest value that a step's schema may allow: what is required, by its type.
json::value instance_of(const json::value& schema, Answers& answers) {
  const auto* shape = schema.if_object();
  if (shape == nullptr) return json::object{};
  if (const auto* constant = shape->if_contains("const")) return *constant;
  if (const auto* choices = shape->if_contains("enum");
      choices != nullptr && choices->is_array() && !choices->get_array().empty())
    return choices->get_array().front();
  const auto* type = shape->if_contains("type");
  const std::string name =
      type != nullptr && type->is_string() ? std::string{type->get_string()} : "object";
  if (name == "array") {
    const auto* items = shape->if_contains("items");
    return json::array{instance_of(items != nullptr ? *items : json::value{}, answers)};
  }
  if (name != "object") return answers.of_type(name);
  json::object made;
  const auto* properties = shape->if_contains("properties");
  if (properties != nullptr && properties->is_object())
    for (const auto& [key, value] : properties->get_object())
      made[key] = instance_of(value, answers);
  return made;
}

void collect_schemas(const plan::Node& node, Answers& answers, Scenario& scenario) {
  if (node.output_schema && !node.is_group())
    scenario.answers[node.id].whole = JsonText{json::serialize(
        instance_of(read_json(node.output_schema->text).value_or(nullptr), answers))};
  for (const auto& child : node.children) collect_schemas(child, answers, scenario);
}

void collect_labels(const plan::Node& node, Scenario& scenario) {
  scenario.labels.insert(scenario.labels.end(), node.labels.begin(), node.labels.end());
  for (const auto& child : node.children) collect_labels(child, scenario);
}

/// An object without its braces; anything else is the whole answer.
Answer as_answer(const json::value& value) {
  std::string text = json::serialize(value);
  if (value.is_object() && !value.get_object().empty())
    return {text.substr(1, text.size() - 2), std::nullopt};
  return {{}, JsonText{std::move(text)}};
}

JsonText complete_inputs(const PlanUnderTest& test, Answers& answers) {
  auto given = read_json(test.inputs.text).value_or(json::object{});
  auto& inputs = given.is_object() ? given.get_object() : given.emplace_object();
  for (const auto& [name, input] : test.bundle->plan.inputs) {
    if (inputs.contains(name)) continue;
    inputs[name] = input.required ? answers.of_input(name, input.type)
                                  : read_json(input.default_value.text).value_or(nullptr);
  }
  return JsonText{json::serialize(given)};
}

/// All that bounds a step, together: where one is unbounded no longest time is known.
Millis bounds_in(const plan::Node& node) {
  Millis sum = node.timeout.value_or(Millis{0}) + node.deadline.value_or(Millis{0});
  if (const auto* approval = std::get_if<plan::ApprovalStep>(&node.kind)) sum += approval->expires;
  for (const auto& child : node.children) sum += bounds_in(child);
  return sum;
}

/// What the agents and tools of one plan offer and answer.
void prepare_for(const plan::Plan& plan, Answers answers, Scenario& scenario) {
  for (const auto& tool : plan::uses_of(plan).tools)
    scenario.tools.try_emplace(tool, SimulatedTool{"once", true});
  for (const auto& [id, value] : answers.of_steps())
    scenario.answers.try_emplace(id, as_answer(value));
  collect_schemas(plan.root, answers, scenario);
  collect_labels(plan.root, scenario);
}

} // namespace

Scenario make_scenario(const PlanUnderTest& test, std::uint64_t seed) {
  Scenario scenario;
  scenario.bundle = test.bundle;
  scenario.tools = test.tools;
  const auto& plan = test.bundle->plan;
  Answers answers{plan, seed};
  prepare_for(plan, answers, scenario);
  for (const auto& [name, child] : test.bundle->plans)
    prepare_for(child, Answers{child, seed}, scenario);
  for (const auto& [id, value] : test.answers) scenario.answers[id] = {{}, value};
  scenario.inputs = complete_inputs(test, answers);
  set_weather(scenario, seed);
  // A plan may wait for hours; those are virtual. Attempts that are lost come on top.
  plan::LongestContext context;
  for (const auto& [name, child] : test.bundle->plans) {
    context.plans[name] = &child;
    scenario.patience += bounds_in(child.root);
  }
  scenario.patience += bounds_in(plan.root);
  if (const auto longest = plan::longest(plan.root, context); longest.bounded())
    scenario.patience += 4 * longest.time;
  return scenario;
}

} // namespace troupe::simulation
