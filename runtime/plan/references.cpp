#include "runtime/plan/references.hpp"

#include <algorithm>
#include <set>

#include "runtime/plan/step_path.hpp"
#include "runtime/plan/suggestion.hpp"
#include "runtime/plan/template.hpp"

namespace troupe::plan {
namespace {

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

/// What can be read at one place of the plan.
struct Reader {
  std::size_t step = 0;           // who reads
  const EntrySet* steps;          // whose state and output
  std::vector<std::string> names; // items of the foreachs around it
  bool index = false;
  const Node* undone = nullptr; // in its undo: the step that `self` means
};

class ReferenceChecker {
 public:
  ReferenceChecker(const Plan& plan, const Outline& outline,
                   const std::vector<std::vector<std::size_t>>& order, std::vector<Fault>& faults)
      : plan_{plan}, outline_{outline}, reach_{reach_of(order, outline)}, faults_{faults} {}

  void check(std::size_t index) {
    const auto& entry = outline_[index];
    if (entry.body) return; // what it holds is looked at as its children, and as their group's
    reader_ = {index, &reach_[index], {}, false, nullptr};
    for (auto at = entry.parent; at != 0; at = outline_[at].parent) add_names(*outline_[at].node);
    const auto& source = *entry.source;
    if (index != 0) {
      for (const auto key : {"when", "task", "with", "limits"}) check_key(source, key);
      check_inner(source, "approval", {"message"});
      check_inner(source, "wait", {"for", "until"});
      check_inner(source, "foreach", {"in"});
      check_inner(source, "switch", {"on"});
      check_until(index, source);
      check_undo(index, source);
    }
    if (const auto* output = source.find("output")) check_with_children(index, index, *output);
  }

 private:
  void add_names(const Node& around) {
    if (const auto* foreach = std::get_if<Foreach>(&around.kind))
      reader_.names.push_back(foreach->as);
    reader_.index = reader_.index || std::holds_alternative<Foreach>(around.kind) ||
                    std::holds_alternative<Repeat>(around.kind);
  }

  void check_key(const SourceNode& map, std::string_view key) {
    if (const auto* value = map.find(key)) check_value(*value);
  }

  void check_inner(const SourceNode& source, std::string_view word,
                   std::initializer_list<std::string_view> keys) {
    if (const auto* inner = source.find(word))
      for (const auto key : keys) check_key(*inner, key);
  }

  /// `value` reads what its step reads, and the children of `group`.
  void check_with_children(std::size_t step, std::size_t group, const SourceNode& value) {
    EntrySet readable = reach_[step];
    for (std::size_t i = group + 1; i < outline_.entries.size(); ++i)
      if (outline_[i].parent == group) readable.add(i);
    reader_.steps = &readable;
    check_value(value);
    reader_.steps = &reach_[step];
  }

  void check_until(std::size_t index, const SourceNode& source) {
    const auto* repeat = source.find("repeat");
    const auto* until = repeat != nullptr ? repeat->find("until") : nullptr;
    if (until == nullptr) return;
    const bool index_outside = reader_.index;
    reader_.index = true;
    check_with_children(index, index + 1, *until); // the body comes next
    reader_.index = index_outside;
  }

  void check_undo(std::size_t index, const SourceNode& source) {
    const auto* undo = source.find("undo");
    if (undo == nullptr) return;
    reader_.undone = outline_[index].node;
    for (const auto key : {"task", "with", "limits"}) check_key(*undo, key);
    reader_.undone = nullptr;
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
    if (root == "steps")
      return StepPath{outline_, reader_.step, *reader_.steps, faults_}.fault(path);
    if (root == "run")
      return path.size() == 2 && path[1] == "id" ? "" : "of `run` only `run.id` can be read";
    if (root == "signals")
      return path.size() > 1 ? "" : "`signals` cannot be read as a whole; name one: signals.<name>";
    if (root == "self") return self_fault(path);
    if (root == "index")
      return reader_.index ? "" : "`index` can be read inside a `foreach` or a `repeat` only";
    const auto& names = reader_.names;
    if (std::find(names.begin(), names.end(), root) != names.end()) return "";
    return root_fault(root);
  }

  std::string root_fault(const std::string& root) const {
    const bool looked_for = faults_.size() < suggestions_max;
    for (std::size_t i = 1; looked_for && i < outline_.entries.size(); ++i) {
      const auto* foreach = std::get_if<Foreach>(&outline_[i].node->kind);
      if (foreach != nullptr && foreach->as == root)
        return "`" + root + "` is the item of the foreach `" + outline_.id(i) +
               "`; only what stands under its `do` can read it";
    }
    std::vector<std::string> begins{"inputs", "run", "signals", "steps"};
    begins.insert(begins.end(), reader_.names.begin(), reader_.names.end());
    if (reader_.index) begins.emplace_back("index");
    if (reader_.undone != nullptr) begins.emplace_back("self");
    const auto near = did_you_mean(root, begins);
    return "a path cannot begin with `" + root + "`" +
           (near.empty() ? "; it begins with " + one_of(begins) : near);
  }

  std::string self_fault(const Path& path) const {
    if (reader_.undone == nullptr)
      return "`self` can be read in an `undo` only, where it is the step that is undone";
    const std::string given =
        std::holds_alternative<AgentStep>(reader_.undone->kind) ? "task" : "with";
    if (path.size() > 1 && (path[1] == given || path[1] == "output")) return "";
    return written(path, 2) + ": of this step an undo reads self." + given + " and self.output";
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

  const Plan& plan_;
  const Outline& outline_;
  const std::vector<EntrySet> reach_;
  std::vector<Fault>& faults_;
  Reader reader_;
};

} // namespace

void check_references(const Plan& plan, const Outline& outline,
                      const std::vector<std::vector<std::size_t>>& order,
                      std::vector<Fault>& faults) {
  ReferenceChecker checker{plan, outline, order, faults};
  for (std::size_t i = 0; i < outline.entries.size(); ++i) checker.check(i);
}

} // namespace troupe::plan
