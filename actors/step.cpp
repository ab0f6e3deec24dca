#include "actors/step.hpp"

#include "actors/fault.hpp"
#include "runtime/log.hpp"

namespace troupe::actors {
namespace {

using namespace supervision;

/// A running attempt is asked after so often: heals whatever was lost between two nodes that both
/// live.
constexpr auto status_interval = std::chrono::seconds{5};

struct StatusDue { // own timer
  AttemptNumber attempt = 0;
};
template <class T>
void actor_message(const T&);

class Step final : public caf::event_based_actor {
 public:
  Step(caf::actor_config& config, Context context, RunId run_id, std::string path, caf::actor run)
      : event_based_actor{config},
        context_{std::move(context)},
        run_id_{run_id},
        path_{std::move(path)},
        run_{std::move(run)} {}

  const char* name() const override { return "step"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "step " + path_);
    return {
        [this](const Perform& perform) {
          epoch_ = perform.epoch;
          std::visit(Overloaded{[this](const SendAssignment& e) { assign(e); },
                                [this](const AskStatus& e) { ask(e); },
                                [this](const CancelAttempt& e) { cancel(e); },
                                [this](const ArmTimer& e) { arm(e); }, [](const auto&) {}},
                     perform.effect);
        },
        [this](Answered& answered) { hear(answered); },
        [this](const Happened& due) { send(run_, due); },
        [this](const StatusDue& due) {
          if (due.attempt == asked_.attempt) ask(asked_);
        },
        [](InjectFault) { crash(); },
    };
  }

  void on_exit() override { run_ = {}; }

 private:
  message::AgentMessage envelope(AttemptNumber attempt, std::uint32_t iteration,
                                 const std::string& node, IncarnationId incarnation,
                                 message::Body body) const {
    return context_->link->make("run", node + "/agent_host@" + to_string(incarnation),
                                {run_id_, path_, iteration, attempt, epoch_}, std::move(body));
  }

  void assign(const SendAssignment& e) {
    log::info("attempt.assigned", {{"actor", "step"},
                                   {"run", run_id_},
                                   {"step", path_},
                                   {"attempt", e.attempt},
                                   {"to", e.node},
                                   {"resumed", e.body.resumed}});
    auto message = envelope(e.attempt, e.iteration, e.node, e.incarnation, e.body);
    message.priority = e.priority;
    if (e.body.timeout_ms > 0) message.deadline = context_->now() + Millis{e.body.timeout_ms};
    asked_ = {path_, e.attempt, e.node, e.incarnation};
    assigning_ = true;
    ask_node("task", message);
  }

  void ask(const AskStatus& e) {
    asked_ = e;
    assigning_ = false;
    ask_node("task", envelope(e.attempt, 0, e.node, e.incarnation, message::TaskStatus{}));
  }

  void ask_node(std::string_view verb, const message::AgentMessage& message) {
    context_->link->ask(
        verb, asked_.node, message, limits::assignment_answer_timeout,
        [self = handle_of(this), attempt = asked_.attempt](Result<message::AgentMessage> answer) {
          caf::anon_send(self, Answered{attempt, std::move(answer)});
        });
  }

  void hear(Answered& answered) {
    const auto attempt = static_cast<AttemptNumber>(answered.token);
    if (attempt != asked_.attempt) return; // of an attempt that is over
    if (!answered.answer) return unanswered(answered.answer.error());
    auto& body = answered.answer->body;
    if (std::holds_alternative<message::TaskAccepted>(body)) {
      delayed_send(this, status_interval, StatusDue{attempt});
    } else if (std::holds_alternative<message::NotHere>(body)) {
      send(run_, Happened{assigning_ ? Stimulus{AssignmentUnanswered{
                                           attempt, "the node was started anew", false}}
                                     : Stimulus{AttemptNotThere{attempt}}});
    } else if (const auto* refused = std::get_if<message::TaskRefused>(&body)) {
      context_->actors->tell("dispatcher", NodeRefused{asked_.incarnation});
      send(run_, Happened{AssignmentUnanswered{attempt, refused->error.message, false}});
    } else { // the completion itself
      answered.answer->context.attempt = attempt;
      send(run_, Happened{Received{0, std::move(*answered.answer)}});
    }
  }

  /// No answer to an assignment ends that attempt; no answer to a question is asked again, until
  /// the node is known to be gone.
  void unanswered(const Error& error) {
    if (assigning_) {
      if (error.error_class == ErrorClass::agent_down)
        context_->actors->tell("dispatcher", NodeRefused{asked_.incarnation});
      const bool delivered = error.error_class == ErrorClass::timeout;
      send(run_, Happened{AssignmentUnanswered{asked_.attempt, error.message, delivered}});
      return;
    }
    if (error.error_class == ErrorClass::agent_down) {
      send(run_, Happened{AttemptNotThere{asked_.attempt}});
      return;
    }
    delayed_send(this, limits::repeat_interval, StatusDue{asked_.attempt});
  }

  void cancel(const CancelAttempt& e) {
    log::info("attempt.cancel", {{"actor", "step"},
                                 {"run", run_id_},
                                 {"step", path_},
                                 {"attempt", e.attempt},
                                 {"reason", e.reason}});
    const auto sent = context_->link->publish(
        "ctl", e.node,
        envelope(e.attempt, 0, e.node, e.incarnation, message::TaskCancel{e.reason}));
    if (!sent)
      log::warn("attempt.cancel_not_sent",
                {{"actor", "step"}, {"run", run_id_}, {"reason", sent.error().message}});
    if (asked_.attempt == e.attempt) asked_ = {};
  }

  void arm(const ArmTimer& e) {
    const auto wait = std::max(e.due - context_->now(), Millis{0});
    delayed_send(this, wait, Happened{TimerDue{e.step, e.kind, e.attempt}});
  }

  Context context_;
  RunId run_id_;
  std::string path_;
  caf::actor run_;
  Epoch epoch_ = 0;
  AskStatus asked_;
  bool assigning_ = false;
};

} // namespace

caf::actor spawn_step(caf::event_based_actor* supervisor, Context context, RunId run_id,
                      std::string path, caf::actor run) {
  return supervisor->spawn<Step>(std::move(context), run_id, std::move(path), std::move(run));
}

} // namespace troupe::actors
