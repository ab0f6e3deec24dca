#include "runtime/plan/outline.hpp"

#include "runtime/limits.hpp"
#include "runtime/plan/suggestion.hpp"

namespace troupe::plan {
namespace {

/// The key under which the children of an entry stand in its source.
std::string_view children_key(const Outline& outline, std::size_t index) {
  if (index == 0) return "steps";
  return std::holds_alternative<Sequence>(outline[index].node->kind) ? "sequence" : "parallel";
}

void append(Outline& outline, std::size_t parent) {
  const auto& group = *outline[parent].node;
  if (group.children.empty()) return;
  const auto& sources = *outline[parent].source->find(children_key(outline, parent));
  const auto depth = outline[parent].depth + 1;
  for (std::size_t i = 0; i < group.children.size(); ++i) {
    const auto index = outline.entries.size();
    outline.entries.push_back({&group.children[i], &sources.items[i], parent, i, depth});
    if (!group.children[i].id.empty()) outline.by_id.emplace(group.children[i].id, index);
    append(outline, index);
  }
}

std::string first_given(const Place& place) {
  if (place.line == 0)
    return place.pointer.empty() ? "" : "; it was first given at " + place.pointer;
  return "; it was first given at " + std::to_string(place.line) + ":" +
         std::to_string(place.column);
}

} // namespace

Outline::Outline(const Plan& plan, const Source& source) {
  entries.push_back({&plan.root, &source.root, 0, 0, 0});
  append(*this, 0);
}

bool Outline::encloses(std::size_t group, std::size_t inner) const {
  while (inner != 0) {
    inner = entries[inner].parent;
    if (inner == group) return true;
  }
  return false;
}

std::string Outline::no_such_step(std::string_view id, const std::vector<Fault>& faults) const {
  std::string text = "there is no step `" + std::string{id} + "`";
  if (faults.size() >= suggestions_max) return text;
  std::vector<std::string> ids;
  for (const auto& [known, index] : by_id) ids.push_back(known);
  return text + did_you_mean(id, ids);
}

void check_outline(const Outline& outline, std::vector<Fault>& faults) {
  for (std::size_t i = 1; i < outline.entries.size(); ++i) {
    const auto& entry = outline[i];
    const auto& id = entry.node->id;
    if (!id.empty() && outline.by_id.at(id) != i) {
      const auto& first = *outline[outline.by_id.at(id)].source->find("id");
      faults.push_back({entry.source->find("id")->place,
                        "the id `" + id + "` stands twice in the plan" + first_given(first.place) +
                            "; ids are unique in a plan"});
    }
    if (entry.depth > limits::plan_depth_max &&
        outline[entry.parent].depth <= limits::plan_depth_max)
      faults.push_back({entry.source->place, "groups nest deeper than " +
                                                 std::to_string(limits::plan_depth_max) +
                                                 " levels; flatten the plan"});
  }
  const auto steps = outline.entries.size() - 1;
  if (steps > limits::plan_steps_max)
    faults.push_back({outline[limits::plan_steps_max + 1].source->place,
                      "the plan has " + std::to_string(steps) + " steps and groups; at most " +
                          std::to_string(limits::plan_steps_max) + " are taken"});
}

} // namespace troupe::plan
