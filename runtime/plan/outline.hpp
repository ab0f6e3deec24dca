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
  /// Of a body what stands under `do` or a case: a list of steps, or the one step itself, which
  /// then is the source of two entries.
  const SourceNode* source = nullptr;
  std::size_t parent = 0;   // index of the group it stands in; 0 for the plan itself
  std::size_t position = 0; // among its siblings
  std::size_t depth = 0;    // 0: the plan; a body adds none
  bool body = false;        // of a foreach or a repeat, or a case: a sequence that nobody wrote
};

struct Outline {
  std::vector<OutlineEntry> entries; // the first one is the plan itself
  std::map<std::string, std::size_t, std::less<>> by_id;

  /// Requires `plan` to be what was read from `source`; both must outlive the outline.
  Outline(const Plan& plan, const Source& source);

  const OutlineEntry& operator[](std::size_t index) const { return entries[index]; }
  const std::string& id(std::size_t index) const { return entries[index].node->id; }
  bool encloses(std::size_t group, std::size_t inner) const; // at any depth; not itself
  /// The outermost body around `inner` that is not around `reader`; 0 if there is none.
  std::size_t hidden_in(std::size_t inner, std::size_t reader) const;
  std::size_t steps() const; // and groups, without bodies
  /// "there is no step `x`; did you mean `y`?"; without the question after many `faults`.
  std::string no_such_step(std::string_view id, const std::vector<Fault>& faults) const;
};

/// What stands under a foreach, a repeat or a switch in its source: the bodies, in the order of the
/// node's children.
std::vector<const SourceNode*> body_sources(const Node& group, const SourceNode& source);

/// Ids and names of items that stand twice, and the bounds of limits::plan_steps_max and
/// plan_depth_max.
void check_outline(const Outline& outline, std::vector<Fault>& faults);

} // namespace troupe::plan
