#include "runtime/plan/order.hpp"

#include <algorithm>
#include <optional>

namespace troupe::plan {
namespace {

/// `index` itself, or the group around it that stands beside `other`; nothing if there is none.
std::optional<std::size_t> beside(const Outline& outline, std::size_t index, std::size_t other) {
  for (auto at = index; at != 0; at = outline[at].parent)
    if (outline[at].parent == outline[other].parent) return at;
  return std::nullopt;
}

/// The group around `inner` that stands beside `step` or a group around it: what can be needed in
/// its place.
std::string needable_group(const Outline& outline, std::size_t step, std::size_t inner) {
  for (auto at = outline[inner].parent; at != 0; at = outline[at].parent)
    if (!outline[at].body && beside(outline, step, at) && !outline.encloses(at, step) && at != step)
      return outline.id(at);
  return "";
}

/// Why `step` cannot need `other`; "" when it can.
std::string need_fault(const Outline& outline, std::size_t step, std::size_t other) {
  const auto name = "`" + outline.id(other) + "`";
  if (other == step) return "a step cannot need itself";
  if (outline.encloses(other, step))
    return name + " is the group around this step, which is not done before it";
  if (outline.encloses(step, other))
    return name + " stands inside this group, which cannot wait for it";
  const auto self = beside(outline, step, other);
  const auto hidden = self ? 0 : outline.hidden_in(other, step);
  if (hidden != 0 && outline.encloses(outline[hidden].parent, step))
    return name + " stands in another case of the switch `" + outline.id(outline[hidden].parent) +
           "`, of which only one is run";
  if (!self) {
    const auto group = needable_group(outline, step, other);
    return name + " stands inside another group" +
           (group.empty() ? "" : "; need the group `" + group + "` itself");
  }
  if (outline[other].position > outline[*self].position)
    return name + " comes later in the file; `needs` names earlier steps, so move it up";
  return "";
}

class Resolver {
 public:
  Resolver(const Outline& outline, std::vector<Fault>& faults)
      : outline_{outline}, faults_{faults} {}

  std::vector<std::size_t> needs_of(std::size_t step) {
    const auto& entry = outline_[step];
    if (entry.body) return {};
    if (const auto* needs = entry.source->find("needs")) return explicit_needs(step, *needs);
    const bool chained = std::holds_alternative<Sequence>(outline_[entry.parent].node->kind);
    if (!chained || entry.position == 0) return {};
    return {previous_sibling(step)};
  }

 private:
  std::size_t previous_sibling(std::size_t step) const {
    auto at = step - 1; // the last of what stands inside the previous sibling, or itself
    while (outline_[at].parent != outline_[step].parent) at = outline_[at].parent;
    return at;
  }

  std::vector<std::size_t> explicit_needs(std::size_t step, const SourceNode& list) {
    std::vector<std::size_t> needs;
    for (const auto& item : list.items) {
      const auto other = find(item);
      if (!other) continue;
      auto fault = need_fault(outline_, step, *other);
      if (std::find(needs.begin(), needs.end(), *other) != needs.end())
        fault = "`" + item.scalar + "` stands twice in `needs`";
      if (fault.empty())
        needs.push_back(*other);
      else
        faults_.push_back({item.place, std::move(fault)});
    }
    return needs;
  }

  std::optional<std::size_t> find(const SourceNode& item) {
    if (item.type != SourceNode::Type::string) {
      faults_.push_back(
          {item.place, "`needs` must hold ids of steps, not " + std::string{describe(item.type)}});
      return std::nullopt;
    }
    const auto found = outline_.by_id.find(item.scalar);
    if (found != outline_.by_id.end()) return found->second;
    faults_.push_back({item.place, outline_.no_such_step(item.scalar, faults_)});
    return std::nullopt;
  }

  const Outline& outline_;
  std::vector<Fault>& faults_;
};

} // namespace

std::vector<std::vector<std::size_t>> resolve_order(const Outline& outline,
                                                    std::vector<Fault>& faults) {
  Resolver resolver{outline, faults};
  std::vector<std::vector<std::size_t>> order(outline.entries.size());
  for (std::size_t i = 1; i < order.size(); ++i) order[i] = resolver.needs_of(i);
  return order;
}

} // namespace troupe::plan
