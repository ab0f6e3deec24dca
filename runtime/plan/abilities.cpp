#include "runtime/plan/abilities.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "runtime/agent/allowed_tools.hpp"

namespace troupe::plan {
namespace {

constexpr std::array<std::string_view, 3> risks{"read", "write", "destructive"};
constexpr std::array<std::string_view, 4> effects{"pure", "idempotent", "keyed", "once"};

/// Raises `word` to `other` where that comes later among `words`.
template <class Words>
void raise(std::string& word, const std::string& other, const Words& words) {
  const auto rank = [&](const std::string& each) {
    const auto found = std::find(words.begin(), words.end(), each);
    return found == words.end() ? -1 : static_cast<int>(found - words.begin());
  };
  if (rank(other) > rank(word)) word = other;
}

} // namespace

std::vector<Permission::Tool> tools_of(const std::string& role, const Surroundings& surroundings) {
  std::vector<Permission::Tool> tools;
  if (!surroundings.roles) return tools;
  const auto found = surroundings.roles->find(role);
  if (found == surroundings.roles->end()) return tools;
  std::set<std::string> added;
  for (const auto& pattern : found->second) {
    bool known = false;
    for (const auto& [name, facts] : surroundings.tools) {
      if (!agent::allows({pattern}, name)) continue;
      known = true;
      if (added.insert(name).second) tools.push_back({name, facts.risk, facts.effect});
    }
    if (!known && added.insert(pattern).second) tools.push_back({pattern, "", ""});
  }
  return tools;
}

Ability ability_of(const Node& step, const Surroundings& surroundings) {
  Ability ability;
  if (const auto* tool = std::get_if<ToolStep>(&step.kind)) {
    const auto found = surroundings.tools.find(tool->tool);
    if (found != surroundings.tools.end()) ability = {found->second.risk, found->second.effect};
  }
  if (const auto* agent = std::get_if<AgentStep>(&step.kind))
    for (const auto& role : {agent->role, step.fallback})
      for (const auto& tool : tools_of(role, surroundings)) {
        raise(ability.risk, tool.risk, risks);
        raise(ability.effect, tool.effect, effects);
      }
  return ability;
}

bool has_effects(const Ability& ability) {
  return !ability.effect.empty() && ability.effect != "pure";
}

bool has_lasting_effects(const Ability& ability) {
  return ability.effect == "keyed" || ability.effect == "once";
}

} // namespace troupe::plan
