#include "runtime/plan/step_path.hpp"

#include <algorithm>

#include "runtime/plan/suggestion.hpp"

namespace troupe::plan {
namespace {

bool is_position(const std::string& key) {
  return !key.empty() && key.find_first_not_of("0123456789") == std::string::npos;
}

std::vector<const Node*> pointers_to(const std::vector<Node>& nodes) {
  std::vector<const Node*> pointers;
  for (const auto& node : nodes) pointers.push_back(&node);
  return pointers;
}

/// A body or a round yields its one step's output, or a map of its steps' by id.
bool is_single(const Node& group) {
  if (const auto* foreach = std::get_if<Foreach>(&group.kind)) return foreach->single;
  if (const auto* repeat = std::get_if<Repeat>(&group.kind)) return repeat->single;
  return false;
}

} // namespace

std::string written(const Path& path, std::size_t count) {
  std::string text = "`";
  for (std::size_t i = 0; i < std::min(count, path.size()); ++i)
    text += (i == 0 ? "" : ".") + path[i];
  return text + "`";
}

std::string StepPath::fault(const Path& path) const {
  if (path.size() == 1) return "`steps` cannot be read as a whole; name one: steps.<id>.output";
  const auto found = outline.by_id.find(path[1]);
  if (found == outline.by_id.end()) return outline.no_such_step(path[1], faults);
  if (!readable.has(found->second)) return reach_fault(found->second);
  return part_fault(path, found->second);
}

/// Why the reader cannot read `step`.
std::string StepPath::reach_fault(std::size_t step) const {
  const auto name = "`" + outline.id(step) + "`";
  if (step == reader)
    return "step " + name + " cannot read its own result" +
           (outline[step].node->undo ? "; in its undo that is self.output" : "");
  if (outline.encloses(step, reader))
    return name + " is the group around this step; its result comes later";
  for (auto at = step; at != 0; at = outline[at].parent)
    if (at != step && readable.has(at))
      return name + " stands inside the group `" + outline.id(at) + "`; read it as " +
             output_path(at, step);
  if (outline.encloses(reader, step))
    return name + " stands inside this group; its result comes later";
  if (const auto hidden = outline.hidden_in(step, reader); hidden != 0) {
    const auto& around = outline.id(outline[hidden].parent);
    if (outline.encloses(outline[hidden].parent, reader))
      return name + " stands in another case of the switch `" + around +
             "`, of which only one is run";
    if (outline[hidden].parent < reader)
      return name + " stands inside the group `" + around +
             "`, for which this step does not wait; add `" + around + "` to `needs`";
  }
  if (step > reader) return name + " comes later; a step reads only what it waits for";
  return "this step does not wait for " + name + "; add it, or what leads to it, to `needs`";
}

/// "steps.g.output.sub.step"; of a foreach, that of the first item.
std::string StepPath::output_path(std::size_t group, std::size_t step) const {
  std::string below;
  for (auto at = step; at != group; at = outline[at].parent) {
    const auto& around = *outline[outline[at].parent].node;
    const auto grandparent = outline[outline[at].parent].parent;
    const bool whole_body =
        outline[outline[at].parent].body && is_single(*outline[grandparent].node);
    if (outline[at].body)
      below = (std::holds_alternative<Foreach>(around.kind) ? "[0]" : "") + below;
    else if (!whole_body)
      below = "." + outline.id(at) + below;
  }
  return "steps." + outline.id(group) + ".output" + below;
}

std::string StepPath::part_fault(const Path& path, std::size_t step) const {
  const auto whole = "steps." + path[1];
  if (path.size() == 2 || (path[2] != "state" && path[2] != "output" && path[2] != "error"))
    return written(path, 3) + ": a step has " + whole + ".state, " + whole + ".output and " +
           whole + ".error.class";
  if (path[2] == "state" && path.size() > 3) return written(path, 4) + ": a state is a plain word";
  if (path[2] == "error" && (path.size() != 4 || path[3] != "class"))
    return written(path, 4) + ": of an error only " + whole + ".error.class can be read";
  if (path[2] == "output" && path.size() > 3) return output_fault(path, *outline[step].node);
  return "";
}

/// Without an `output` of its own, what a group yields is known before it runs.
std::string StepPath::output_fault(const Path& path, const Node& step) const {
  if (!step.is_group() || step.output || step.children.empty()) return "";
  const auto whose = "the " + std::string{kind_name(step.kind)} + " `" + step.id + "`";
  if (std::holds_alternative<Foreach>(step.kind)) {
    if (!is_position(path[3]))
      return "the result of " + whose + " is a list, one entry for each item; write steps." +
             step.id + ".output[0]";
    if (is_single(step) || path.size() == 4) return "";
    return child_fault(path[4], pointers_to(step.children[0].children), whose);
  }
  if (std::holds_alternative<Repeat>(step.kind))
    return is_single(step) ? ""
                           : child_fault(path[3], pointers_to(step.children[0].children), whose);
  if (std::holds_alternative<Switch>(step.kind)) {
    std::vector<const Node*> children;
    for (const auto& body : step.children)
      for (const auto& child : body.children) children.push_back(&child);
    return child_fault(path[3], children, whose);
  }
  return child_fault(path[3], pointers_to(step.children), "the group `" + step.id + "`");
}

std::string StepPath::child_fault(const std::string& key, const std::vector<const Node*>& children,
                                  const std::string& whose) const {
  std::vector<std::string> ids;
  for (const auto* child : children) {
    if (child->id == key) return "";
    ids.push_back(child->id);
  }
  const auto fault = whose + " has no step `" + key + "`";
  return faults.size() < suggestions_max ? fault + did_you_mean_or_list(key, ids) : fault;
}

} // namespace troupe::plan
