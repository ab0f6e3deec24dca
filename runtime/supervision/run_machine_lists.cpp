// RunMachine: what a foreach goes over and what it collects. What is too large for the journal is
// stored before an event names it, and read before anything is decided that needs it.
#include "runtime/artifact_limits.hpp"
#include "runtime/sha256.hpp"
#include "runtime/supervision/group_machine.hpp"
#include "runtime/supervision/item_list.hpp"
#include "runtime/supervision/run_machine.hpp"
#include "runtime/supervision/scope.hpp"
#include "runtime/supervision/turn.hpp"

namespace troupe::supervision {
namespace {

std::shared_ptr<const std::vector<JsonText>> keep(std::vector<JsonText> items) {
  return std::make_shared<const std::vector<JsonText>>(std::move(items));
}

Error no_list(const plan::Template& in) {
  return make_error(ErrorClass::invalid_input, "`in` must yield a list: " + in.value.text);
}

} // namespace

/// A list, or an artifact that holds one.
void RunMachine::open_items(Turn& turn, StepState& group) {
  if (is_on_its_way(group)) return;
  const auto& in = std::get<plan::Foreach>(group.node->kind).in;
  auto items =
      plan::evaluate(in, scope_of(run_, group, plan::paths_of(in)), limits::foreach_list_bytes_max);
  if (!items) return fail_step(turn, group, items.error());
  if (const auto aside = artifact::parse_reference(*items)) {
    on_their_way_[group.path] = {*aside, group.iteration, {}};
    return turn.perform(ReadArtifact{group.path, *aside});
  }
  if (items->text.empty() || items->text.front() != '[') return fail_step(turn, group, no_list(in));
  if (items->text.size() <= inline_bytes_max_)
    return turn.emit(GroupExpanded{group.path, std::move(*items)});
  auto list = read_items(items->text);
  if (!list) return fail_step(turn, group, no_list(in));
  if (const auto few = check_count(list->size()); !few) return fail_step(turn, group, few.error());
  store_list(turn, group, std::move(items->text), keep(*std::move(list)));
}

/// The outputs that a foreach collected, once they are stored: it completes with a reference.
void RunMachine::keep_collected(Turn& turn, StepState& group, JsonText output) {
  if (output.text.size() > limits::foreach_list_bytes_max)
    return fail_step(
        turn, group,
        make_error(ErrorClass::invalid_output,
                   "its output has " + std::to_string(output.text.size()) + " bytes; at most " +
                       std::to_string(limits::foreach_list_bytes_max) +
                       " can be kept: give the foreach a smaller `output`, or let "
                       "its body return less"));
  store_list(turn, group, std::move(output.text), nullptr);
}

void RunMachine::store_list(Turn& turn, const StepState& group, std::string text,
                            std::shared_ptr<const std::vector<JsonText>> items) {
  const artifact::Reference what{sha256_hex(text), text.size(), "application/json"};
  on_their_way_[group.path] = {what, group.iteration, std::move(items)};
  turn.perform(
      StoreArtifact{group.path, what, std::make_shared<const std::string>(std::move(text))});
}

/// The answer to what was asked in this iteration is awaited.
bool RunMachine::is_on_its_way(const StepState& group) const {
  const auto found = on_their_way_.find(group.path);
  return found != on_their_way_.end() && found->second.iteration == group.iteration;
}

/// The group that an answer is for, and what was asked. Null: it is not wanted any more.
StepState* RunMachine::take_answer(const std::string& path, const artifact::Reference& what,
                                   OnItsWay& asked) {
  const auto found = on_their_way_.find(path);
  if (found == on_their_way_.end() || found->second.what != what) return nullptr;
  asked = std::move(found->second);
  on_their_way_.erase(found);
  StepState* group = run_.find(path);
  const bool wanted = group != nullptr && !run_.finished && group->iteration == asked.iteration &&
                      is_live(run_, *group);
  return wanted ? group : nullptr;
}

void RunMachine::on(Turn& turn, const ArtifactStored& stimulus) {
  OnItsWay asked;
  StepState* group = take_answer(stimulus.step, stimulus.what, asked);
  if (group == nullptr) return;
  if (stimulus.fault) return fail_step(turn, *group, *stimulus.fault);
  if (asked.items) return expand(turn, *group, stimulus.what, asked.items);
  turn.perform(StopActor{group->path});
  turn.emit(StepCompleted{group->path, 0, artifact::to_json(stimulus.what)});
}

void RunMachine::on(Turn& turn, const ArtifactRead& stimulus) {
  OnItsWay asked;
  StepState* group = take_answer(stimulus.step, stimulus.what, asked);
  if (group == nullptr) return;
  auto items = items_of(stimulus);
  if (!items) return fail_step(turn, *group, items.error());
  expand(turn, *group, stimulus.what, keep(*std::move(items)));
}

void RunMachine::expand(Turn& turn, StepState& group, const artifact::Reference& what,
                        std::shared_ptr<const std::vector<JsonText>> items) {
  turn.emit(GroupExpanded{group.path, {}, artifact::name_of(what.hash), what.bytes, items->size()});
  group.read_items = std::move(items);
}

// ---- a new owner

std::vector<ReadArtifact> RunMachine::missing() const {
  std::vector<ReadArtifact> missing;
  for (const auto& step : run_.steps) {
    if (!step.group.list || step.read_items) continue;
    const bool ended = is_terminal(step.phase);
    if (ended && !holds_undo(*step.node)) continue;
    const auto hash = artifact::parse_name(step.group.list->artifact);
    missing.push_back({step.path, {hash.value_or(std::string{}), step.group.list->bytes}});
  }
  return missing;
}

void RunMachine::bring(const ArtifactRead& read) {
  StepState* group = run_.find(read.step);
  auto items = items_of(read);
  if (items)
    group->read_items = keep(*std::move(items));
  else
    unreadable_[read.step] = items.error();
}

/// What goes over a list that is gone cannot go on. What has ended keeps what it came to.
void RunMachine::give_up_unreadable(Turn& turn) {
  for (const auto& [path, error] : std::exchange(unreadable_, {}))
    if (StepState* group = run_.find(path); !is_terminal(group->phase) && !group->stop)
      give_up(turn, *group, error);
}

} // namespace troupe::supervision
