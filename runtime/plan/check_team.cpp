// What only a team can show: whether somebody has the role, whether there is such a tool or plan,
// and whether the plans of a team run each other in a circle.
#include <algorithm>
#include <deque>

#include "runtime/agent/allowed_tools.hpp"
#include "runtime/plan/inputs.hpp"
#include "runtime/plan/outline.hpp"
#include "runtime/plan/parse.hpp"
#include "runtime/plan/suggestion.hpp"
#include "runtime/plan/uses.hpp"

namespace troupe::plan {
namespace {

/// "b > a > b" if the plan `name` comes to run itself; "" otherwise.
std::string circle(const Catalogue& catalogue, const std::string& name) {
  std::map<std::string, std::string> run_by; // the first that was found
  std::deque<std::string> open{name};
  for (; !open.empty(); open.pop_front()) {
    const auto found = catalogue.plans.find(open.front());
    if (found == catalogue.plans.end() || found->second == nullptr) continue;
    for (const auto& child : uses_of(*found->second).plans) {
      if (child == name) {
        std::string way = name;
        for (auto at = open.front(); at != name; at = run_by.at(at)) way = at + " > " + way;
        return name + " > " + way;
      }
      if (run_by.emplace(child, open.front()).second) open.push_back(child);
    }
  }
  return "";
}

class TeamChecker {
 public:
  TeamChecker(const Catalogue& catalogue, std::vector<Fault>& faults)
      : catalogue_{catalogue}, faults_{faults} {
    for (const auto& [name, plan] : catalogue.plans) plan_names_.push_back(name);
  }

  void check(const Node& node, const SourceNode& source) {
    if (const auto* agent = std::get_if<AgentStep>(&node.kind))
      check_role(agent->role, *source.find("agent"));
    if (const auto* tool = std::get_if<ToolStep>(&node.kind))
      check_tool(tool->tool, *source.find("tool"));
    if (const auto* child = std::get_if<PlanStep>(&node.kind)) check_plan(child->plan, source);
    if (!node.fallback.empty()) check_role(node.fallback, *source.find("fallback"));
    if (node.undo) check(*node.undo, *source.find("undo"));
  }

 private:
  void check_role(const std::string& role, const SourceNode& source) {
    const auto& roles = catalogue_.roles;
    if (std::find(roles.begin(), roles.end(), role) == roles.end())
      faults_.push_back({source.place, "the team has no role `" + role + "`" +
                                           did_you_mean_or_list(role, roles)});
  }

  void check_tool(const std::string& tool, const SourceNode& source) {
    const auto& tools = catalogue_.tools;
    if (!agent::allows(tools, tool))
      faults_.push_back({source.place, "the team has no tool `" + tool + "`" +
                                           did_you_mean_or_list(tool, tools)});
  }

  void check_plan(const std::string& name, const SourceNode& step) {
    const auto& place = step.find("plan")->place;
    const auto found = catalogue_.plans.find(name);
    if (found == catalogue_.plans.end()) {
      faults_.push_back(
          {place, "the team has no plan `" + name + "`" + did_you_mean_or_list(name, plan_names_)});
      return;
    }
    if (found->second == nullptr) return; // its own faults are told
    const auto [known_circle, is_new] = circles_.try_emplace(name);
    if (is_new) known_circle->second = circle(catalogue_, name);
    if (const auto& way = known_circle->second; !way.empty())
      faults_.push_back(
          {place, "the plan `" + name + "` comes to run itself: " + way + "; no plan may"});
    const auto* with = step.find("with");
    const bool known = with == nullptr || with->type == SourceNode::Type::map;
    if (known)
      check_given_inputs(*found->second, with, with != nullptr ? with->place : place, "with",
                         faults_);
  }

  const Catalogue& catalogue_;
  std::vector<Fault>& faults_;
  std::vector<std::string> plan_names_;
  std::map<std::string, std::string> circles_; // by the plan's name
};

} // namespace

std::vector<Fault> check_against(const Plan& plan, const Source& source,
                                 const Catalogue& catalogue) {
  std::vector<Fault> faults;
  const Outline outline{plan, source};
  TeamChecker checker{catalogue, faults};
  for (std::size_t i = 1; i < outline.entries.size(); ++i)
    if (!outline[i].body) checker.check(*outline[i].node, *outline[i].source);
  return faults;
}

} // namespace troupe::plan
