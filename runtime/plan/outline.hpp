// A plan as one flat list of its steps and groups, in file order, each beside its source: what
// looks at more than one step at a time works on this.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "runtime/plan/plan.hpp"
#include "runtime/plan/source.hpp"

namespace troupe::plan {

struct OutlineEntry {
  const Node* node = nullptr;
  const SourceNode* source = nullptr;
  std::size_t parent = 0;   // index of the group it stands in; 0 for the plan itself
  std::size_t position = 0; // among its siblings
  std::size_t depth = 0;    // 0: the plan
};

struct Outline {
  std::vector<OutlineEntry> entries; // the first one is the plan itself
  std::map<std::string, std::size_t, std::less<>> by_id;

  /// Requires `plan` to be what was read from `source`; both must outlive the outline.
  Outline(const Plan& plan, const Source& source);

  const OutlineEntry& operator[](std::size_t index) const { return entries[index]; }
  const std::string& id(std::size_t index) const { return entries[index].node->id; }
  bool encloses(std::size_t group, std::size_t inner) const; // at any depth; not itself
  /// "there is no step `x`; did you mean `y`?"; without the question after many `faults`.
  std::string no_such_step(std::string_view id, const std::vector<Fault>& faults) const;
};

/// Ids that stand twice, and the bounds of limits::plan_steps_max and plan_depth_max.
void check_outline(const Outline& outline, std::vector<Fault>& faults);

} // namespace troupe::plan
