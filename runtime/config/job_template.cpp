#include "runtime/config/job_template.hpp"

#include <algorithm>

#include "runtime/intake_limits.hpp"
#include "runtime/labels.hpp"
#include "runtime/plan/inputs.hpp"
#include "runtime/plan/suggestion.hpp"
#include "runtime/plan/template.hpp"

namespace troupe::config {
namespace {

/// Checks every string of a template where it stands: its syntax, and what its paths start from.
void check_template(const plan::SourceNode& node, const TemplateRoots& roots,
                    std::vector<plan::Fault>& faults) {
  if (node.type == plan::SourceNode::Type::string) {
    const plan::Template text{node.to_json()};
    if (auto wrong = plan::syntax_fault(text); !wrong.empty()) {
      faults.push_back({node.place, std::move(wrong)});
      return;
    }
    for (const auto& path : plan::paths_of(text))
      if (std::ranges::find(roots.names, path.front()) == roots.names.end())
        faults.push_back({node.place, "`" + path.front() + "` is not known here; " + roots.remedy});
  }
  for (const auto& item : node.items) check_template(item, roots, faults);
  for (const auto& [name, value] : node.members) check_template(value, roots, faults);
}

std::map<std::string, plan::Template> read_label_templates(plan::Fields& fields,
                                                           const TemplateRoots& roots,
                                                           std::vector<plan::Fault>& faults) {
  std::map<std::string, plan::Template> labels;
  const auto* map = fields.map("labels");
  if (map == nullptr) return labels;
  if (map->members.size() > limits::labels_max)
    faults.push_back({map->place, "there are " + std::to_string(map->members.size()) +
                                      " labels; at most " + std::to_string(limits::labels_max)});
  for (std::size_t i = 0; i < map->members.size(); ++i) {
    const auto& [name, value] = map->members[i];
    if (const auto checked = check_label_name(name); !checked)
      faults.push_back({map->member_places[i], checked.error().message});
    if (value.type != plan::SourceNode::Type::string)
      faults.push_back({value.place, "the label `" + name + "` must be text, not " +
                                         std::string{describe(value.type)}});
    check_template(value, roots, faults);
    labels[name] = {value.to_json()};
  }
  return labels;
}

} // namespace

std::map<std::string, std::string> read_match(plan::Fields& fields, const std::string& thing) {
  std::map<std::string, std::string> match;
  const auto* wanted = fields.map("match");
  if (wanted == nullptr) return match;
  for (const auto& [name, value] : wanted->members) {
    if (value.type == plan::SourceNode::Type::string)
      match[name] = value.scalar;
    else
      fields.fault(value.place, "the " + thing + " `" + name +
                                    "` must be matched by text (\"*\": any), not " +
                                    std::string{describe(value.type)});
  }
  return match;
}

void read_job_template(plan::Fields& fields, const TemplateRoots& roots,
                       const std::vector<std::string>& named,
                       const std::map<std::string, NamedPlan>& plans,
                       std::vector<plan::Fault>& faults, JobTemplate& job) {
  job.priority = fields.priority("priority").value_or(job.priority);
  const auto* inputs = fields.map("inputs");
  if (inputs != nullptr) check_template(*inputs, roots, faults);
  job.labels = read_label_templates(fields, roots, faults);
  job.inputs = {inputs != nullptr ? inputs->to_json() : JsonText{"{}"}};
  fields.require("plan", "name one of the team's `plans`");
  job.plan = fields.filled_text("plan").value_or("");
  if (const auto known = plans.find(job.plan); known != plans.end())
    plan::check_given_inputs(known->second.plan, inputs, fields.place_of("inputs"), "inputs",
                             faults);
  else if (!job.plan.empty() && std::ranges::find(named, job.plan) == named.end())
    fields.fault(fields.find("plan")->place,
                 "the team has no plan `" + job.plan + "`" + plan::did_you_mean(job.plan, named));
}

} // namespace troupe::config
