// One decision of a RunMachine in the making. Private to it.
#pragma once
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include "runtime/supervision/run_machine.hpp"

namespace troupe::supervision {

struct RunMachine::Turn {
  RunState& run;
  Decision& decision;
  Instant now;
  std::vector<StepIndex> ready{}; // steps that want a node after this decision
  std::set<StepIndex> dirty{};    // groups to be looked at again

  /// Journals an event; the state has it at once.
  void emit(Event event) {
    fold(run, event, now);
    std::visit([this](const auto& e) { touch_what(e); }, event);
    decision.events.push_back(std::move(event));
  }
  void perform(Effect effect) { decision.effects.push_back(std::move(effect)); }

  void reply(const Received& to, message::Body body) {
    perform(Reply{to.reply, std::move(body), to.message.context.step, to.message.context.attempt});
  }

  void arm(const StepState& step, TimerKind kind, Instant due, AttemptNumber attempt = 0) {
    perform(ArmTimer{step.path, kind, attempt, due});
  }

  /// The groups around it: one of them may restart or undo it.
  void touch(const StepState& step) {
    if (step.node->is_group()) dirty.insert(run.index_of(step));
    dirty.insert(step.dependants.begin(), step.dependants.end());
    for (StepIndex at = step.parent; dirty.insert(at).second && at != root_index;)
      at = run.steps[at].parent;
  }
  /// Every group that is under way.
  void touch_all() {
    for (StepIndex index = 0; index < run.steps.size(); ++index)
      if (run.steps[index].node->is_group() && !is_terminal(run.steps[index].phase))
        dirty.insert(index);
  }

 private:
  template <class E>
  void touch_what(const E& event) {
    const StepState* step = nullptr;
    if constexpr (requires { event.group; })
      step = run.find(event.group);
    else if constexpr (requires { event.step; })
      step = run.find(event.step);
    if (step != nullptr) touch(*step);
  }
};

} // namespace troupe::supervision
