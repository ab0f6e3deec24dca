#include "actors/step.hpp"

#include "actors/fault.hpp"
#include "runtime/artifact/token.hpp"
#include "runtime/log.hpp"
#include "runtime/supervision/step_driver.hpp"

namespace troupe::actors {
namespace {

using namespace supervision;

struct StatusDue { // own timer
  AttemptNumber attempt = 0;
};
template <class T>
void actor_message(const T&);

class Step final : public caf::event_based_actor, private StepPort {
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
          log_effect(perform.effect);
          driver_.perform(perform.effect, perform.epoch, context_->now());
        },
        [this](Answered& answered) {
          driver_.answered(static_cast<AttemptNumber>(answered.token), std::move(answered.answer));
        },
        [this](const Happened& due) { happened(due.what); },
        [this](const StatusDue& due) { driver_.status_due(due.attempt); },
        [](InjectFault) { crash(); },
    };
  }

  void on_exit() override { run_ = {}; }

 private:
  void ask(AttemptNumber attempt, message::Outgoing message) override {
    if (auto* task = std::get_if<message::TaskAssigned>(&message.body))
      task->artifacts = access_of(attempt, Millis{task->timeout_ms});
    context_->link->ask(std::move(message), limits::assignment_answer_timeout, "run",
                        [self = handle_of(this), attempt](Result<message::AgentMessage> answer) {
                          caf::anon_send(self, Answered{attempt, std::move(answer)});
                        });
  }

  /// The token is not journaled: whoever assigns makes it.
  std::optional<message::ArtifactAccess> access_of(AttemptNumber attempt, Millis timeout) const {
    auto urls = context_->vitals->all_http();
    if (urls.empty() || context_->token_key.empty()) return std::nullopt;
    const artifact::Token token{run_id_, attempt, artifact::expiry(context_->now(), timeout)};
    return message::ArtifactAccess{std::move(urls), artifact::sign(token, context_->token_key)};
  }

  void ask_later(AttemptNumber attempt, Millis after) override {
    delayed_send(this, after, StatusDue{attempt});
  }

  void happened(Stimulus what) override { send(run_, Happened{std::move(what)}); }

  void ended(message::AgentMessage end, const std::string& node) override {
    send(run_, Incoming{std::move(end), "", node, nullptr});
  }

  void refused(IncarnationId node) override {
    context_->actors->tell("dispatcher", NodeRefused{node});
  }

  void log_effect(const Effect& effect) const {
    if (const auto* e = std::get_if<SendAssignment>(&effect))
      log::info("attempt.assigned", {{"actor", "step"},
                                     {"run", run_id_},
                                     {"step", path_},
                                     {"attempt", e->attempt},
                                     {"to", e->node},
                                     {"resumed", e->body.resumed}});
    if (const auto* e = std::get_if<CancelAttempt>(&effect))
      log::info("attempt.cancel", {{"actor", "step"},
                                   {"run", run_id_},
                                   {"step", path_},
                                   {"attempt", e->attempt},
                                   {"reason", e->reason}});
  }

  Context context_;
  RunId run_id_;
  std::string path_;
  caf::actor run_;
  StepDriver driver_{run_id_, path_, *this};
};

} // namespace

caf::actor spawn_step(caf::event_based_actor* run, Context context, RunId run_id,
                      std::string path) {
  return run->spawn<Step>(std::move(context), run_id, std::move(path), handle_of(run));
}

} // namespace troupe::actors
