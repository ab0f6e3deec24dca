#include "runtime/supervision/step_driver.hpp"

#include "runtime/limits.hpp"

namespace troupe::supervision {
namespace {

/// A running attempt is asked after so often: heals whatever was lost between two nodes that both
/// live.
constexpr auto status_interval = std::chrono::seconds{5};

} // namespace

void StepDriver::perform(const Effect& effect, Epoch epoch, Instant now) {
  epoch_ = epoch;
  std::visit(Overloaded{[&](const SendAssignment& e) { assign(e, now); },
                        [&](const AskStatus& e) {
                          const bool assigned = assigning_ && e.attempt == asked_.attempt;
                          if (assigned) return; // it is being asked to take it; that is answered
                          talk_about(e);
                          ask();
                        },
                        [&](const CancelAttempt& e) { cancel(e); }, [](const auto&) {}},
             effect);
}

message::Outgoing StepDriver::message(std::string_view verb, AttemptNumber attempt,
                                      const std::string& node, IncarnationId incarnation,
                                      message::Body body) const {
  return {std::string{verb},
          node,
          node + "/agent_host@" + to_string(incarnation),
          {run_, path_, 0, attempt, epoch_},
          std::move(body)};
}

void StepDriver::assign(const SendAssignment& effect, Instant now) {
  auto out = message("task", effect.attempt, effect.node, effect.incarnation, effect.body);
  out.context.iteration = effect.iteration;
  out.priority = effect.priority;
  if (effect.body.timeout_ms > 0) out.deadline = now + Millis{effect.body.timeout_ms};
  talk_about({path_, effect.attempt, effect.node, effect.incarnation});
  assigning_ = true;
  port_.ask(effect.attempt, std::move(out));
}

void StepDriver::talk_about(const AskStatus& attempt) {
  if (attempt.attempt != asked_.attempt) timers_ = 0;
  asked_ = attempt;
}

void StepDriver::ask() {
  assigning_ = false;
  port_.ask(asked_.attempt, message("task", asked_.attempt, asked_.node, asked_.incarnation,
                                    message::TaskStatus{}));
}

void StepDriver::ask_later(Millis after) {
  ++timers_;
  port_.ask_later(asked_.attempt, after);
}

void StepDriver::cancel(const CancelAttempt& effect) {
  if (asked_.attempt == effect.attempt) asked_ = {};
}

void StepDriver::answered(AttemptNumber attempt, Result<message::AgentMessage> answer) {
  if (answer && ends_an_attempt(answer->body)) {
    const std::string node = answer->sender.substr(0, answer->sender.find('/'));
    answer->context.attempt = attempt;
    return port_.ended(std::move(*answer), node);
  }
  if (attempt != asked_.attempt) return; // of an attempt that is over
  if (!answer) return unanswered(answer.error());
  if (std::holds_alternative<message::TaskAccepted>(answer->body)) {
    assigning_ = false;
    ask_later(status_interval);
  } else if (std::holds_alternative<message::NotHere>(answer->body)) {
    if (assigning_)
      port_.happened(AssignmentUnanswered{attempt, "the node was started anew", false});
    else
      port_.happened(AttemptNotThere{attempt});
  } else if (const auto* refused = std::get_if<message::TaskRefused>(&answer->body)) {
    port_.refused(asked_.incarnation);
    port_.happened(AssignmentUnanswered{attempt, refused->error.message, false});
  }
}

/// No answer to an assignment ends that attempt; no answer to a question is asked again, until the
/// node is known to be gone.
void StepDriver::unanswered(const Error& error) {
  if (assigning_) {
    if (error.error_class == ErrorClass::agent_down) port_.refused(asked_.incarnation);
    const bool delivered = error.error_class == ErrorClass::timeout;
    port_.happened(AssignmentUnanswered{asked_.attempt, error.message, delivered});
  } else if (error.error_class == ErrorClass::agent_down) {
    port_.happened(AttemptNotThere{asked_.attempt});
  } else {
    ask_later(limits::repeat_interval);
  }
}

void StepDriver::status_due(AttemptNumber attempt) {
  if (attempt != asked_.attempt) return;
  if (timers_ > 0 && --timers_ > 0) return; // asked meanwhile; a later timer goes on
  ask();
}

} // namespace troupe::supervision
