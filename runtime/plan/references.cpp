#include "runtime/plan/references.hpp"

#include <algorithm>
#include <cstdint>
#include <set>

#include "runtime/plan/suggestion.hpp"
#include "runtime/plan/template.hpp"

namespace troupe::plan {
namespace {

using Path = std::vector<std::string>;

/// A set of entries of the outline.
class EntrySet {
 public:
  explicit EntrySet(std::size_t size) : words_((size + 63) / 64) {}
  void add(std::size_t index) { words_[index / 64] |= std::uint64_t{1} << index % 64; }
  bool has(std::size_t index) const { return words_[index / 64] >> index % 64 & 1; }
  void add_all(const EntrySet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }

 private:
  std::vector<std::uint64_t> words_;
};

/// What each entry reaches. Needs and enclosing groups stand before it, so one pass will do.
std::vector<EntrySet> reach_of(const std::vector<std::vector<std::size_t>>& order,
                               const Outline& outline) {
  std::vector<EntrySet> reach(order.size(), EntrySet{order.size()});
  for (std::size_t i = 1; i < order.size(); ++i) {
    reach[i].add_all(reach[outline[i].parent]);
    for (const auto need : order[i]) {
      reach[i].add(need);
      reach[i].add_all(reach[need]);
    }
  }
  return reach;
}

std::string written(const Path& path, std::size_t count) {
  std::string text = "`";
  for (std::size_t i = 0; i < std::min(count, path.size()); ++i)
    text += (i == 0 ? "" : ".") + path[i];
  return text + "`";
}

class ReferenceChecker {
 public:
  ReferenceChecker(const Plan& plan, const Outline& outline,
                   const std::vector<std::vector<std::size_t>>& order, std::vector<Fault>& faults)
      : plan_{plan}, outline_{outline}, reach_{reach_of(order, outline)}, faults_{faults} {}

  void check(std::size_t index) {
    const auto& source = *outline_[index].source;
    reader_ = index;
    readable_ = &reach_[index];
    if (index != 0)
      for (const auto key : {"when", "task", "with"})
        if (const auto* value = source.find(key)) check_value(*value);
    if (const auto* output = source.find("output")) check_output(index, *output);
  }

 private:
  void check_output(std::size_t group, const SourceNode& output) {
    EntrySet readable = reach_[group];
    for (std::size_t i = group + 1; i < outline_.entries.size(); ++i)
      if (outline_[i].parent == group) readable.add(i);
    readable_ = &readable;
    check_value(output);
    readable_ = nullptr;
  }

  void check_value(const SourceNode& value) {
    if (value.type == SourceNode::Type::string) check_text(value);
    for (const auto& item : value.items) check_value(item);
    for (std::size_t i = 0; i < value.members.size(); ++i) {
      const auto& [key, member] = value.members[i];
      if (key.find("${{") != key.npos)
        faults_.push_back(
            {value.member_places[i], "the key `" + key + "` holds a template; only values can"});
      check_value(member);
    }
  }

  void check_text(const SourceNode& text) {
    if (text.scalar.find("${{") == text.scalar.npos) return;
    const Template as_template{text.to_json()};
    if (auto fault = syntax_fault(as_template); !fault.empty()) {
      faults_.push_back({text.place, std::move(fault)});
      return;
    }
    std::set<std::string> said; // the same path may stand in one text many times
    for (const auto& path : paths_of(as_template)) {
      auto fault = path_fault(path);
      if (!fault.empty() && said.insert(fault).second)
        faults_.push_back({text.place, std::move(fault)});
    }
  }

  std::string path_fault(const Path& path) const {
    const auto& root = path[0];
    if (root == "inputs") return input_fault(path);
    if (root == "steps") return step_fault(path);
    if (root == "run")
      return path.size() == 2 && path[1] == "id" ? "" : "of `run` only `run.id` can be read";
    if (root == "signals")
      return path.size() > 1 ? "" : "`signals` cannot be read as a whole; name one: signals.<name>";
    const std::vector<std::string> roots{"inputs", "run", "signals", "steps"};
    const auto near = did_you_mean(root, roots);
    return "a path cannot begin with `" + root + "`" +
           (near.empty() ? "; it begins with " + one_of(roots) : near);
  }

  std::string input_fault(const Path& path) const {
    if (path.size() == 1 || plan_.inputs.count(path[1]) > 0) return "";
    std::vector<std::string> names;
    if (faults_.size() < suggestions_max)
      for (const auto& [name, input] : plan_.inputs) names.push_back(name);
    const auto near = did_you_mean(path[1], names);
    return "the plan has no input `" + path[1] + "`" +
           (near.empty() ? "; declare it under `inputs`" : near);
  }

  std::string step_fault(const Path& path) const {
    if (path.size() == 1) return "`steps` cannot be read as a whole; name one: steps.<id>.output";
    const auto found = outline_.by_id.find(path[1]);
    if (found == outline_.by_id.end()) return outline_.no_such_step(path[1], faults_);
    if (!readable_->has(found->second)) return reach_fault(found->second);
    return part_fault(path, found->second);
  }

  /// Why the reader cannot read `step`.
  std::string reach_fault(std::size_t step) const {
    const auto name = "`" + outline_.id(step) + "`";
    if (step == reader_) return "step " + name + " cannot read its own result";
    if (outline_.encloses(step, reader_))
      return name + " is the group around this step; its result comes later";
    for (auto at = step; at != 0; at = outline_[at].parent)
      if (at != step && readable_->has(at))
        return name + " stands inside the group `" + outline_.id(at) + "`; read it as " +
               output_path(at, step);
    if (outline_.encloses(reader_, step))
      return name + " stands inside this group; its result comes later";
    if (step > reader_) return name + " comes later; a step reads only what it waits for";
    return "this step does not wait for " + name + "; add it, or what leads to it, to `needs`";
  }

  /// "steps.g.output.sub.step"
  std::string output_path(std::size_t group, std::size_t step) const {
    std::string below;
    for (auto at = step; at != group; at = outline_[at].parent)
      below = "." + outline_.id(at) + below;
    return "steps." + outline_.id(group) + ".output" + below;
  }

  std::string part_fault(const Path& path, std::size_t step) const {
    const auto whole = "steps." + path[1];
    if (path.size() == 2 || (path[2] != "state" && path[2] != "output" && path[2] != "error"))
      return written(path, 3) + ": a step has " + whole + ".state, " + whole + ".output and " +
             whole + ".error.class";
    if (path[2] == "state" && path.size() > 3)
      return written(path, 4) + ": a state is a plain word";
    if (path[2] == "error" && (path.size() != 4 || path[3] != "class"))
      return written(path, 4) + ": of an error only " + whole + ".error.class can be read";
    if (path[2] == "output" && path.size() > 3) return child_fault(path, *outline_[step].node);
    return "";
  }

  /// Without an `output` of its own, a group's is a map of its children's by id.
  std::string child_fault(const Path& path, const Node& group) const {
    if (!group.is_group() || group.output || group.children.empty()) return "";
    std::vector<std::string> ids;
    for (const auto& child : group.children) {
      if (child.id == path[3]) return "";
      ids.push_back(child.id);
    }
    const auto fault = "the group `" + group.id + "` has no step `" + path[3] + "`";
    return faults_.size() < suggestions_max ? fault + did_you_mean_or_list(path[3], ids) : fault;
  }

  const Plan& plan_;
  const Outline& outline_;
  const std::vector<EntrySet> reach_;
  std::vector<Fault>& faults_;
  std::size_t reader_ = 0;             // the step or group whose template is looked at
  const EntrySet* readable_ = nullptr; // what that template may read
};

} // namespace

void check_references(const Plan& plan, const Outline& outline,
                      const std::vector<std::vector<std::size_t>>& order,
                      std::vector<Fault>& faults) {
  ReferenceChecker checker{plan, outline, order, faults};
  for (std::size_t i = 0; i < outline.entries.size(); ++i) checker.check(i);
}

} // namespace troupe::plan
