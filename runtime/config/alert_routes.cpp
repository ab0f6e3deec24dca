#include "runtime/config/alert_routes.hpp"

#include <algorithm>

#include "runtime/config/template_roots.hpp"
#include "runtime/plan/fields.hpp"
#include "runtime/plan/inputs.hpp"
#include "runtime/plan/suggestion.hpp"

namespace troupe::config {
namespace {

using plan::Fault;
using plan::Fields;
using plan::SourceNode;

const TemplateRoots roots{
    {"alert", "group"},
    "start from `alert` (the first firing alert) or `group` (the whole webhook)"};

std::map<std::string, std::string> read_match(Fields& fields) {
  std::map<std::string, std::string> match;
  const auto* labels = fields.map("match");
  if (labels == nullptr) return match;
  for (const auto& [name, value] : labels->members) {
    if (value.type == SourceNode::Type::string)
      match[name] = value.scalar;
    else
      fields.fault(value.place, "the label `" + name +
                                    "` must be matched by text (\"*\": any), not " +
                                    std::string{describe(value.type)});
  }
  return match;
}

AlertRoute read_route(const SourceNode& node, const std::vector<std::string>& named,
                      const std::map<std::string, NamedPlan>& plans, std::vector<Fault>& faults) {
  using message::Priority;
  const std::vector<std::pair<std::string, Priority>> priorities{{"low", Priority::low},
                                                                 {"normal", Priority::normal},
                                                                 {"high", Priority::high},
                                                                 {"critical", Priority::critical}};
  Fields fields{node, "a route of `alerts`", faults};
  AlertRoute route;
  route.match = read_match(fields);
  route.priority = fields.choice("priority", priorities).value_or(route.priority);
  const auto* inputs = fields.map("inputs");
  if (inputs != nullptr) check_template(*inputs, roots, faults);
  route.labels = read_label_templates(fields, roots, faults);
  route.inputs = {inputs != nullptr ? inputs->to_json() : JsonText{"{}"}};

  fields.require("plan", "name one of the team's `plans`");
  route.plan = fields.filled_text("plan").value_or("");
  if (const auto known = plans.find(route.plan); known != plans.end()) {
    plan::check_given_inputs(known->second.plan, inputs, fields.place_of("inputs"), "inputs",
                             faults);
  } else if (!route.plan.empty() &&
             std::find(named.begin(), named.end(), route.plan) == named.end()) {
    fields.fault(fields.find("plan")->place, "the team has no plan `" + route.plan + "`" +
                                                 plan::did_you_mean(route.plan, named));
  }
  fields.refuse_unknown();
  return route;
}

} // namespace

std::vector<AlertRoute> read_alert_routes(const SourceNode& list,
                                          const std::vector<std::string>& named,
                                          const std::map<std::string, NamedPlan>& plans,
                                          std::vector<Fault>& faults) {
  std::vector<AlertRoute> routes;
  for (const auto& item : list.items) routes.push_back(read_route(item, named, plans, faults));
  return routes;
}

} // namespace troupe::config
