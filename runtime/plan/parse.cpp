#include "runtime/plan/parse.hpp"

#include <algorithm>

#include "runtime/hash.hpp"
#include "runtime/limits.hpp"
#include "runtime/plan/fields.hpp"
#include "runtime/plan/inputs.hpp"
#include "runtime/plan/language.hpp"
#include "runtime/plan/order.hpp"
#include "runtime/plan/outline.hpp"
#include "runtime/plan/references.hpp"
#include "runtime/plan/step_reader.hpp"

namespace troupe::plan {
namespace {

const std::vector<std::pair<std::string, Strategy>> strategies{{"hybrid", Strategy::hybrid},
                                                               {"sequential", Strategy::sequential},
                                                               {"parallel", Strategy::parallel}};

Strategy read_strategy(Fields& fields) {
  const auto* value = fields.find("strategy");
  if (value != nullptr)
    for (const auto word : strategies_not_yet)
      if (value->scalar == word) {
        fields.fault(value->place, not_yet("strategy: " + std::string{word}));
        return Strategy::hybrid;
      }
  return fields.choice("strategy", strategies).value_or(Strategy::hybrid);
}

Plan read_plan(const SourceNode& source, std::vector<Fault>& faults) {
  Plan plan;
  Fields fields{source, "the plan", faults};
  if (fields.require("plan", "give it a name, such as `plan: restart-service`"))
    plan.name = fields.filled_text("plan").value_or("");
  plan.description = fields.text("description").value_or("");
  if (const auto* inputs = fields.map("inputs")) plan.inputs = read_inputs(*inputs, faults);
  plan.strategy = read_strategy(fields);
  if (plan.strategy == Strategy::parallel)
    plan.root.kind = Parallel{};
  else
    plan.root.kind = Sequence{};
  StepReader reader{plan.strategy, faults};
  if (fields.require("steps", "a plan is a list of steps")) {
    plan.root.children =
        reader.read_steps(*fields.find("steps"), "steps", message::Priority::normal);
  }
  reader.read_supervision(fields, plan.root);
  if (const auto* output = fields.find("output")) plan.output = Template{output->to_json()};
  fields.refuse_unknown();
  return plan;
}

/// Writes what `order` found into the nodes; both go through the plan in file order.
void spell_out_needs(Node& group, const Outline& outline,
                     const std::vector<std::vector<std::size_t>>& order, std::size_t& next) {
  for (auto& child : group.children) {
    for (const auto need : order[next]) child.needs.push_back(outline.id(need));
    ++next;
    spell_out_needs(child, outline, order, next);
  }
}

} // namespace

ParseResult parse_plan(const Source& source) {
  ParseResult result;
  result.plan = read_plan(source.root, result.faults);
  const Outline outline{result.plan, source};
  check_outline(outline, result.faults);
  if (outline.steps() <= limits::plan_steps_max) {
    const auto order = resolve_order(outline, result.faults);
    check_references(result.plan, outline, order, result.faults);
    std::size_t next = 1;
    spell_out_needs(result.plan.root, outline, order, next);
  }
  const auto json = source.root.to_json();
  if (json.text.size() > limits::plan_bytes_max)
    result.faults.push_back(
        {source.root.place, "as JSON the plan has " + std::to_string(json.text.size()) +
                                " bytes; at most " + std::to_string(limits::plan_bytes_max) +
                                " are taken"});
  keep_first(result.faults);
  if (result.faults.empty()) result.plan.hash = digest(json);
  return result;
}

ParseResult parse_plan(std::string file, std::string_view text) {
  auto [source, faults] = read_source(std::move(file), text);
  const bool unreadable = !faults.empty() && source.root.type == SourceNode::Type::null;
  if (unreadable) return {{}, std::move(faults)};
  auto result = parse_plan(source);
  result.faults.insert(result.faults.end(), faults.begin(), faults.end());
  sort_by_place(result.faults);
  if (!result.faults.empty()) result.plan.hash.clear();
  return result;
}

} // namespace troupe::plan
