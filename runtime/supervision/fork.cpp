#include "runtime/supervision/fork.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <functional>

#include "runtime/hash.hpp"
#include "runtime/json_value.hpp"
#include "runtime/plan/inputs.hpp"
#include "runtime/supervision/command.hpp"
#include "runtime/supervision/dependence.hpp"

namespace troupe::supervision {
namespace {

namespace json = boost::json;

json::object object_of(const JsonText& text) {
  auto value = read_json(text.text);
  return value && value->is_object() ? std::move(value->get_object()) : json::object{};
}

/// The inputs of the earlier run with the edited ones in their place.
JsonText merged(const JsonText& inputs, const JsonText& edits) {
  auto all = object_of(inputs);
  for (auto& [name, value] : object_of(edits)) all[name] = value;
  return JsonText{json::serialize(all)};
}

std::set<std::string> changed(const JsonText& before, const JsonText& after) {
  const auto old = object_of(before);
  std::set<std::string> names;
  for (const auto& [name, value] : object_of(after))
    if (const auto* known = old.if_contains(name); known == nullptr || *known != value)
      names.insert(name);
  return names;
}

/// Writes the first append.
class Writer {
 public:
  Writer(const RunState& run, std::vector<bool> dependent, bool from_nothing)
      : run_{run}, dependent_{std::move(dependent)}, from_nothing_{from_nothing} {}

  void write(Fork& fork) {
    const std::size_t begin = fork.events.size();
    for (const auto& signal : run_.signals)
      fork.events.push_back(SignalReceived{signal.id, signal.name, signal.body});
    const std::size_t after_signals = fork.events.size();
    if (keeps_some(root_index)) open(root_index, fork);
    if (fork.events.size() == after_signals && from_nothing_) fork.events.resize(begin);
    for (StepIndex index = 0; index < run_.steps.size(); ++index)
      if (happens_again(index)) add_effects(run_.steps[index], fork.repeats);
    list_tops(root_index, fork);
  }

 private:
  bool stands(StepIndex index) const {
    const StepState& step = run_.steps[index];
    if (from_nothing_ || dependent_[index]) return false;
    if (step.phase == StepPhase::skipped) return true;
    if (step.phase != StepPhase::completed) return false;
    bool whole = true; // a group, with all in it
    run_.each_below(index, [&](StepIndex below) {
      whole = whole && !dependent_[below] && !run_.steps[below].undone;
    });
    return whole;
  }

  bool keeps_some(StepIndex index) const {
    if (from_nothing_) return false;
    if (stands(index)) return true;
    const StepState& step = run_.steps[index];
    if (dependent_[index] || !step.node->is_group()) return false;
    if (step.phase == StepPhase::pending || step.phase == StepPhase::blocked) return false;
    // The round after a round is decided by its outcome: a repeat is one whole.
    if (std::holds_alternative<plan::Repeat>(step.node->kind)) return false;
    return std::any_of(step.children.begin(), step.children.end(),
                       [&](StepIndex child) { return keeps_some(child); });
  }

  bool happens_again(StepIndex index) const {
    const StepState& step = run_.steps[index];
    if (step.undoes) return false;
    for (StepIndex at = index;; at = run_.steps[at].parent) {
      if (stands(at)) return false;
      if (at == root_index) return true;
    }
  }

  /// A group that goes on: it stands open, with those of its children that stand.
  void open(StepIndex index, Fork& fork) {
    const StepState& group = run_.steps[index];
    if (stands(index)) return keep(index, fork);
    fork.events.push_back(StepReady{group.path});
    if (std::holds_alternative<plan::Foreach>(group.node->kind)) return open_items(group, fork);
    if (!group.group.chosen.empty())
      fork.events.push_back(CaseChosen{group.path, group.group.chosen});
    for (const auto child : group.children)
      if (keeps_some(child)) open(child, fork);
  }

  /// All instances up to the last that stands have to be there, in order; the others of them begin
  /// again like victims of a restart.
  void open_items(const StepState& group, Fork& fork) {
    if (!group.group.expanded) return; // it does so in the new run
    fork.events.push_back(expanded(group));
    std::vector<std::string> again;
    std::size_t last = group.children.size();
    while (last > 0 && !keeps_some(group.children[last - 1])) --last;
    for (std::size_t i = 0; i < last; ++i) {
      if (keeps_some(group.children[i])) {
        open(group.children[i], fork);
        continue;
      }
      again.push_back(run_.steps[group.children[i]].path);
      fork.events.push_back(StepReady{again.back()});
    }
    if (!again.empty()) fork.events.push_back(GroupRestarted{group.path, std::move(again)});
  }

  static GroupExpanded expanded(const StepState& group) {
    if (const auto& list = group.group.list)
      return {group.path, JsonText{}, list->artifact, list->bytes, list->count};
    json::array items;
    for (const auto& item : group.group.items) items.push_back(*read_json(item.text));
    return {group.path, JsonText{json::serialize(items)}};
  }

  void keep(StepIndex index, Fork& fork) {
    const StepState& step = run_.steps[index];
    if (step.phase == StepPhase::skipped) return fork.events.push_back(StepSkipped{step.path});
    fork.events.push_back(StepReady{step.path});
    fork.events.push_back(StepCompleted{step.path, 0, step.output, true});
    if (const auto* wait = std::get_if<plan::WaitStep>(&step.node->kind);
        wait != nullptr && !wait->signal.empty())
      take_signal(step, *wait, fork);
  }

  /// The wait keeps the signal that it took: another one of that name does not get it.
  void take_signal(const StepState& step, const plan::WaitStep& wait, Fork& fork) {
    for (const auto& signal : run_.signals) {
      if (!signal.taken || signal.name != wait.signal || !taken_.insert(signal.id).second) continue;
      return fork.events.push_back(SignalTaken{step.path, signal.id});
    }
  }

  static void add_effects(const StepState& step, std::vector<RepeatedEffect>& repeats) {
    constexpr std::string_view states[] = {"recorded", "reserved", "settled", "unknown"};
    for (const auto& entry : step.ledger.entries()) {
      if (entry.effect != "keyed" && entry.effect != "once") continue;
      if (entry.iteration != step.iteration || entry.outcome.error) continue;
      repeats.push_back({step.path, entry.key.tool, entry.effect,
                         std::string{states[static_cast<std::size_t>(entry.state)]},
                         entry.arguments, step.undone});
    }
    const auto* child = std::get_if<plan::PlanStep>(&step.node->kind);
    if (child != nullptr && !step.attempts.empty())
      repeats.push_back({step.path, child->plan, "run", std::string{to_string(step.phase)},
                         step.attempts.back().task, step.undone});
  }

  void list_tops(StepIndex index, Fork& fork) const {
    for (const auto child : run_.steps[index].children) {
      const auto& path = run_.steps[child].path;
      if (stands(child))
        fork.kept.push_back(path);
      else if (keeps_some(child))
        list_tops(child, fork);
      else
        fork.again.push_back(path);
    }
  }

  const RunState& run_;
  std::vector<bool> dependent_;
  bool from_nothing_;
  std::set<std::string> taken_;
};

} // namespace

Result<Fork> fork_run(const RunState& run, const ports::ForkRequest& request,
                      const EditedBundle& edited) {
  std::vector<StepIndex> from;
  if (!request.from.empty()) {
    const auto step = find_step(run, request.from);
    if (!step) return step.error();
    from.push_back(run.index_of(**step));
  }
  const plan::Plan& plan = edited.unpacked->plan;
  auto inputs = plan::bind_inputs(plan, merged(run.created.inputs, request.inputs));
  if (!inputs) return inputs.error();
  for (const auto reader : readers_of(run, changed(run.created.inputs, *inputs)))
    from.push_back(reader);

  Fork fork;
  fork.created = run.created;
  fork.created.inputs = std::move(*inputs);
  fork.created.plan_hash = plan.hash;
  fork.created.bundle = edited.bundle.hash;
  fork.created.parent.reset(); // nobody waits for this one
  if (!request.by.empty()) fork.created.requested_by = request.by;
  fork.created.forked_from = run.id;
  fork.created.forked_at = request.from;
  fork.events.push_back(fork.created);
  Writer{run, dependent_on(run, from), request.from.empty() && !request.keep}.write(fork);
  return fork;
}

Error would_repeat(const Fork& fork) {
  constexpr std::size_t most = 10;
  std::string text = std::to_string(fork.repeats.size()) + " effects would happen once more: ";
  for (std::size_t i = 0; i < std::min(fork.repeats.size(), most); ++i)
    text += (i > 0 ? ", " : "") + fork.repeats[i].tool + " of step " + fork.repeats[i].step;
  if (fork.repeats.size() > most) text += ", ...";
  return make_error(ErrorClass::effect_conflict, text + "; say that they may, or begin elsewhere");
}

Result<> check_retry(const RunState& run, const ports::ForkRequest& request) {
  if (!request.retry || run.finished) return {};
  return make_error(ErrorClass::effect_conflict,
                    "run " + to_string(run.id) +
                        " is still running; cancel it first, or fork it: then another goes on "
                        "beside it");
}

JsonText view_fork(const Fork& fork, RunId run) {
  json::array repeats;
  for (const auto& one : fork.repeats) {
    auto arguments = read_json(one.arguments.text);
    repeats.push_back(json::object{{"step", one.step},
                                   {"tool", one.tool},
                                   {"effect", one.effect},
                                   {"state", one.state},
                                   {"arguments", arguments ? *arguments : json::value{}},
                                   {"undone", one.undone}});
  }
  const auto list = [](const std::vector<std::string>& paths) {
    return json::array(paths.begin(), paths.end());
  };
  return JsonText{
      json::serialize(json::object{{"job", to_string(fork.created.job)},
                                   {"run", run ? json::value(to_string(run)) : json::value{}},
                                   {"kept", list(fork.kept)},
                                   {"again", list(fork.again)},
                                   {"repeats", std::move(repeats)}})};
}

} // namespace troupe::supervision
