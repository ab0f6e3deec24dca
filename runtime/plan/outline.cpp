#include "runtime/plan/outline.hpp"

#include <algorithm>

#include "runtime/limits.hpp"
#include "runtime/plan/suggestion.hpp"

namespace troupe::plan {
namespace {

std::vector<const SourceNode*> items_of(const SourceNode& list) {
  std::vector<const SourceNode*> items;
  for (const auto& item : list.items) items.push_back(&item);
  return items;
}

/// The sources of the children of an entry, in their order.
std::vector<const SourceNode*> child_sources(const OutlineEntry& entry, bool is_plan) {
  const auto& source = *entry.source;
  if (is_plan) return items_of(*source.find("steps"));
  if (entry.body && source.type == SourceNode::Type::map) return {&source};
  if (entry.body) return items_of(source);
  const auto word = kind_name(entry.node->kind);
  if (word == "sequence" || word == "parallel") return items_of(*source.find(word));
  return body_sources(*entry.node, source);
}

bool has_bodies(const Node& group) {
  return std::holds_alternative<Foreach>(group.kind) ||
         std::holds_alternative<Repeat>(group.kind) || std::holds_alternative<Switch>(group.kind);
}

void append(Outline& outline, std::size_t parent) {
  const auto& group = *outline[parent].node;
  if (group.children.empty()) return;
  const auto sources = child_sources(outline[parent], parent == 0);
  const bool bodies = has_bodies(group);
  const auto depth = outline[parent].depth + (bodies ? 0 : 1);
  for (std::size_t i = 0; i < group.children.size(); ++i) {
    const auto index = outline.entries.size();
    outline.entries.push_back({&group.children[i], sources[i], parent, i, depth, bodies});
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
  entries.push_back({&plan.root, &source.root, 0, 0, 0, false});
  append(*this, 0);
}

bool Outline::encloses(std::size_t group, std::size_t inner) const {
  while (inner != 0) {
    inner = entries[inner].parent;
    if (inner == group) return true;
  }
  return false;
}

std::size_t Outline::hidden_in(std::size_t inner, std::size_t reader) const {
  std::size_t outermost = 0;
  for (auto at = inner; at != 0; at = entries[at].parent)
    if (entries[at].body && at != reader && !encloses(at, reader)) outermost = at;
  return outermost;
}

std::size_t Outline::steps() const {
  const auto is_step = [](const OutlineEntry& entry) { return !entry.body; };
  return static_cast<std::size_t>(std::count_if(entries.begin(), entries.end(), is_step)) - 1;
}

std::string Outline::no_such_step(std::string_view id, const std::vector<Fault>& faults) const {
  std::string text = "there is no step `" + std::string{id} + "`";
  if (faults.size() >= suggestions_max) return text;
  std::vector<std::string> ids;
  for (const auto& [known, index] : by_id) ids.push_back(known);
  return text + did_you_mean(id, ids);
}

std::vector<const SourceNode*> body_sources(const Node& group, const SourceNode& source) {
  if (!std::holds_alternative<Switch>(group.kind))
    return {source.find(kind_name(group.kind))->find("do")};
  const auto& chosen = *source.find("switch");
  std::vector<const SourceNode*> bodies;
  if (const auto* cases = chosen.find("cases"))
    for (const auto& [label, body] : cases->members) bodies.push_back(&body);
  if (const auto* otherwise = chosen.find(default_label)) bodies.push_back(otherwise);
  return bodies;
}

namespace {

void check_id(const Outline& outline, std::size_t index, std::vector<Fault>& faults) {
  const auto& id = outline.id(index);
  if (id.empty() || outline.by_id.at(id) == index) return;
  const auto& first = *outline[outline.by_id.at(id)].source->find("id");
  faults.push_back({outline[index].source->find("id")->place,
                    "the id `" + id + "` stands twice in the plan" + first_given(first.place) +
                        "; ids are unique in a plan"});
}

/// Inside a foreach another one needs another name for its item.
void check_item_name(const Outline& outline, std::size_t index, std::vector<Fault>& faults) {
  const auto* inner = std::get_if<Foreach>(&outline[index].node->kind);
  if (inner == nullptr) return;
  for (auto at = outline[index].parent; at != 0; at = outline[at].parent) {
    const auto* outer = std::get_if<Foreach>(&outline[at].node->kind);
    if (outer == nullptr || outer->as != inner->as) continue;
    const auto& source = *outline[index].source->find("foreach");
    const auto* as = source.find("as");
    faults.push_back({as != nullptr ? as->place : source.place,
                      "`" + inner->as + "` already names the item of the foreach `" +
                          outline.id(at) + "` around this one; give this one another `as`"});
    return;
  }
}

} // namespace

void check_outline(const Outline& outline, std::vector<Fault>& faults) {
  for (std::size_t i = 1; i < outline.entries.size(); ++i) {
    const auto& entry = outline[i];
    check_id(outline, i, faults);
    check_item_name(outline, i, faults);
    if (!entry.body && entry.depth > limits::plan_depth_max &&
        outline[entry.parent].depth <= limits::plan_depth_max)
      faults.push_back({entry.source->place, "groups nest deeper than " +
                                                 std::to_string(limits::plan_depth_max) +
                                                 " levels; flatten the plan"});
  }
  if (const auto steps = outline.steps(); steps > limits::plan_steps_max) {
    std::size_t beyond = 0; // the first one too many
    for (std::size_t left = limits::plan_steps_max + 1; left > 0;)
      if (!outline[++beyond].body) --left;
    faults.push_back({outline[beyond].source->place,
                      "the plan has " + std::to_string(steps) + " steps and groups; at most " +
                          std::to_string(limits::plan_steps_max) + " are taken"});
  }
}

} // namespace troupe::plan
