// One decision of a RunMachine in the making. Private to it.
#pragma once
#include <utility>
#include <vector>

#include "runtime/supervision/run_machine.hpp"

namespace troupe::supervision {

struct RunMachine::Turn {
  RunState& run;
  Decision& decision;
  Instant now;
  std::vector<StepIndex> ready; // steps that want a node after this decision

  /// Journals an event; the state has it at once.
  void emit(Event event) {
    fold(run, event, now);
    decision.events.push_back(std::move(event));
  }
  void perform(Effect effect) { decision.effects.push_back(std::move(effect)); }

  void reply(const Received& to, message::Body body) {
    perform(Reply{to.reply, std::move(body), to.message.context.step, to.message.context.attempt});
  }

  void cancel_step(StepState& step, const std::string& reason) {
    if (const Attempt* attempt = step.current()) {
      perform(
          CancelAttempt{step.path, attempt->number, attempt->node, attempt->incarnation, reason});
      perform(ReleaseCredit{attempt->incarnation});
    }
    perform(WithdrawPlacement{step.path});
    emit(StepCancelled{step.path});
    perform(StopActor{step.path});
  }
};

} // namespace troupe::supervision
