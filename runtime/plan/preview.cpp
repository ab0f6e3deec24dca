#include "runtime/plan/preview.hpp"

#include <algorithm>
#include <set>

#include "runtime/agent/allowed_tools.hpp"
#include "runtime/placement/placement.hpp"
#include "runtime/plan/abilities.hpp"
#include "runtime/plan/preview_words.hpp"
#include "runtime/plan/uses.hpp"

namespace troupe::plan {
namespace {

std::string quoted(std::string_view word) { return "`" + std::string{word} + "`"; }

/// Walks one plan; child plans are walked on their own.
class Walker {
 public:
  Walker(const Plan& plan, const Surroundings& surroundings)
      : plan_{plan}, surroundings_{surroundings} {
    context_.plans = surroundings.plans;
    for (const auto& [name, facts] : surroundings.tools)
      if (facts.timeout > Millis{0}) context_.tool_timeouts[name] = facts.timeout;
  }

  Preview walk() {
    out_.plan = plan_.name;
    out_.description = plan_.description;
    out_.hash = plan_.hash;
    out_.root = step(plan_.root, 0);
    add_permissions();
    return std::move(out_);
  }

 private:
  PreviewStep step(const Node& node, std::size_t after) {
    PreviewStep out;
    out.id = node.id;
    out.kind = kind_name(node.kind);
    out.what = what_of(node);
    out.needs = node.needs;
    if (node.when) out.when = node.when->text;
    out.always = node.always;
    out.notes = notes_of(node);
    out.longest = longest(node, context_);
    for (const auto& need : node.needs) after = std::max(after, ends_[need]);
    out.first_wave = after + 1;
    if (node.is_group())
      add_children(out, node, after);
    else
      add_leaf(out, node);
    ends_[node.id] = out.last_wave;
    return out;
  }

  void add_leaf(PreviewStep& out, const Node& node) {
    out.last_wave = out.first_wave;
    ++out_.steps;
    if (out_.waves.size() < out.last_wave) out_.waves.resize(out.last_wave);
    out_.waves[out.last_wave - 1].push_back(node.id);
    const auto ability = ability_of(node, surroundings_);
    out.risk = ability.risk;
    out.effect = ability.effect;
    if (const auto* approval = std::get_if<ApprovalStep>(&node.kind))
      out_.approvals.push_back({node.id, approval->role, approval->expires});
    if (node.is_dispatched()) place(out, node);
    if (node.undo && surroundings_.cluster) look_for(*node.undo, role_of(*node.undo));
    if (has_effects(ability) && !node.undo && !node.always)
      warn(quoted(node.id) + " (" + ability.risk + ", " + ability.effect +
           ") has no `undo`: what it does stays when the run fails");
  }

  /// A body is left out: what it holds stands under its group. A case stays, by its label.
  void add_children(PreviewStep& out, const Node& group, std::size_t after) {
    const auto* chosen = std::get_if<Switch>(&group.kind);
    const bool body =
        std::holds_alternative<Foreach>(group.kind) || std::holds_alternative<Repeat>(group.kind);
    for (std::size_t i = 0; i < group.children.size(); ++i) {
      auto child = step(group.children[i], after);
      out.last_wave = std::max(out.last_wave, child.last_wave);
      if (body) {
        out.children = std::move(child.children);
        continue;
      }
      if (chosen != nullptr) {
        child.kind = "case";
        child.id = chosen->labels[i];
      }
      out.children.push_back(std::move(child));
    }
    check_restart(group);
  }

  void check_restart(const Node& group) {
    const auto name = group.id.empty() ? "the plan" : quoted(group.id);
    if (group.restart.intensity == 0) {
      if (group.restart != RestartPolicy{})
        warn(name + " says how to restart, but its `intensity` is 0: it never does");
      return;
    }
    for (const auto& child : group.children) look_for_lasting(child, name);
  }

  void look_for_lasting(const Node& node, const std::string& group) {
    if (!node.undo && has_lasting_effects(ability_of(node, surroundings_)))
      warn(group + " cannot restart " + quoted(node.id) +
           ", which has no `undo` and effects that no repeat may double: its failure goes up "
           "instead");
    for (const auto& child : node.children) look_for_lasting(child, group);
  }

  void place(PreviewStep& out, const Node& node) {
    if (!surroundings_.cluster) return;
    const auto offering = look_for(node, role_of(node));
    out.hole = offering == 0;
    out.where = std::to_string(offering) + " of " + std::to_string(agent_nodes()) + " nodes";
    if (!node.fallback.empty()) look_for(node, node.fallback);
  }

  /// How many nodes offer `role` with the labels of the step; none is a hole.
  std::size_t look_for(const Node& node, const std::string& role) {
    const auto kind = surroundings_.kinds.find(role);
    const placement::PlacementRequest request{
        {},          node.id,       role,
        node.labels, node.priority, kind == surroundings_.kinds.end() ? "" : kind->second};
    const auto offering = placement::who_offers(*surroundings_.cluster, request).size();
    if (offering == 0) add_hole(placement::why_nowhere(*surroundings_.cluster, request));
    return offering;
  }

  std::size_t agent_nodes() const {
    const auto is_agent = [](const auto& node) {
      const auto& modes = node.second.last.modes;
      return std::find(modes.begin(), modes.end(), "agent") != modes.end();
    };
    const auto& nodes = *surroundings_.cluster;
    return static_cast<std::size_t>(std::count_if(nodes.begin(), nodes.end(), is_agent));
  }

  void add_hole(std::string text) {
    if (std::find(out_.holes.begin(), out_.holes.end(), text) == out_.holes.end())
      out_.holes.push_back(std::move(text));
  }

  void warn(std::string text) { out_.warnings.push_back(std::move(text)); }

  void add_permissions() {
    if (!surroundings_.roles) return;
    for (const auto& role : uses_of(plan_).roles) {
      out_.permissions.push_back({role, tools_of(role, surroundings_)});
      if (!surroundings_.cluster) continue;
      for (const auto& tool : out_.permissions.back().tools)
        if (!is_served(tool.name))
          add_hole("tool " + tool.name + ", which role " + role + " may call: no node serves it");
    }
  }

  bool is_served(const std::string& tool) const {
    for (const auto& [name, node] : *surroundings_.cluster)
      for (const auto& served : node.last.tools)
        if (agent::allows({tool}, served)) return true;
    return false;
  }

  const Plan& plan_;
  const Surroundings& surroundings_;
  LongestContext context_;
  std::map<std::string, std::size_t> ends_; // last waves by id
  Preview out_;
};

} // namespace

Preview preview(const Plan& plan, const Surroundings& surroundings) {
  auto out = Walker{plan, surroundings}.walk();
  if (!surroundings.roles)
    out.remarks.emplace_back(
        "no team was named: who may call what, and child plans, are not looked at");
  if (!surroundings.cluster)
    out.remarks.emplace_back("no server was reached: where steps could run is not looked at");
  std::set<std::string> seen;
  std::vector<const Plan*> open{&plan};
  for (std::size_t i = 0; i < open.size(); ++i)
    for (const auto& name : uses_of(*open[i]).plans) {
      const auto child = surroundings.plans.find(name);
      if (child == surroundings.plans.end() || child->second == nullptr) continue;
      if (!seen.insert(name).second) continue;
      open.push_back(child->second);
      out.plans.push_back(Walker{*child->second, surroundings}.walk());
    }
  return out;
}

} // namespace troupe::plan
