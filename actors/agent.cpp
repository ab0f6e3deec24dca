#include "actors/agent.hpp"

#include <stop_token>
#include <thread>

#include "actors/clocks.hpp"
#include "actors/fault.hpp"
#include "runtime/log.hpp"
#include "toolkits/artifact_transfer.hpp"

namespace troupe::actors {
namespace {

struct Start {};   // to itself, first
struct CallAgain { // own timer
  std::uint64_t call = 0;
};
struct OutputPut { // what was too large for a message
  Result<JsonText> output;
  std::vector<message::RecordedActivity> riders;
};
struct TimerRang {
  std::uint64_t timer = 0;
};
template <class T>
void actor_message(const T&);

class AgentShell final : public caf::event_based_actor, private agent::AttemptPort {
 public:
  AgentShell(caf::actor_config& config, Context context, agent::Assignment assignment,
             std::shared_ptr<agent::Agent> agent, caf::actor host)
      : event_based_actor{config},
        context_{std::move(context)},
        host_{std::move(host)},
        artifacts_{assignment.task.artifacts},
        driver_{std::move(assignment), std::move(agent), context_->node(), *this} {}

  const char* name() const override { return "agent"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "agent " + driver_.context().step);
    send(this, Start{});
    return {
        [this](Start) { driver_.start(now()); },
        [this](Answered& answered) {
          driver_.answered(answered.token, std::move(answered.answer), now());
        },
        [this](const CallAgain& again) { driver_.call_due(again.call, now()); },
        [this](const TimerRang& rang) { driver_.timer_rang(rang.timer, now()); },
        [this](const StopAgent& stop) {
          log::info("agent.stopped", {{"actor", "agent"},
                                      {"run", driver_.context().run},
                                      {"step", driver_.context().step},
                                      {"attempt", driver_.context().attempt},
                                      {"reason", stop.reason}});
          putting_.request_stop();
          driver_.stop();
        },
        [this](HandOver) { driver_.hand_over(); },
        [this](OutputPut& put) { output_put(put); },
        [this](const OwnerIs& owner) { driver_.owner_is(owner.node, owner.epoch); },
        [](InjectFault) { crash(); },
    };
  }

  void on_exit() override {
    putting_.request_stop();
    host_ = {};
  }

 private:
  Moment now() const { return {context_->now(), monotonic_time()}; }

  std::optional<agent::ServedHere> served_here(const std::string& tool) const override {
    const auto* spec = context_->catalogue.find(tool);
    if (spec == nullptr) return std::nullopt;
    return agent::ServedHere{spec->timeout, spec->effect == toolkits::Effect::pure};
  }

  void call_tool(std::uint64_t call, message::Outgoing message, Millis timeout) override {
    context_->link->ask(std::move(message), timeout, "agent",
                        [self = handle_of(this), call](Result<message::AgentMessage> answer) {
                          caf::anon_send(self, Answered{call, std::move(answer)});
                        });
  }

  void call_later(std::uint64_t call, Millis after) override {
    delayed_send(this, after, CallAgain{call});
  }

  void set_timer(std::uint64_t timer, Millis after) override {
    delayed_send(this, after, TimerRang{timer});
  }

  void report(message::Outgoing message) override {
    if (const auto sent = context_->link->publish(std::move(message), "agent"); !sent)
      log::debug("agent.progress_not_sent", {{"actor", "agent"}, {"reason", sent.error().message}});
  }

  void end(message::Body body) override {
    auto* completed = std::get_if<message::TaskCompleted>(&body);
    const bool large =
        completed != nullptr && completed->output.text.size() > limits::payload_bytes_max;
    if (!large || !artifacts_ || !context_->http) return ended(std::move(body));
    // It blocks: a thread of its own.
    std::thread{[self = handle_of(this), access = artifacts_, http = context_->http,
                 stop = putting_.get_token(), completed = std::move(*completed)]() mutable {
      auto put = toolkits::put_if_large(std::move(completed.output), limits::payload_bytes_max,
                                        access, http, std::move(stop));
      caf::anon_send(self, OutputPut{std::move(put), std::move(completed.riders)});
    }}.detach();
  }

  void output_put(OutputPut& put) {
    if (put.output)
      return ended(message::TaskCompleted{std::move(*put.output), std::move(put.riders)});
    if (put.output.error().error_class == ErrorClass::cancelled)
      return ended(message::TaskCancelled{std::move(put.riders)});
    auto error = make_error(ErrorClass::invalid_output,
                            "the output is too large for a message, and could not be kept as an "
                            "artifact: " +
                                put.output.error().message);
    ended(message::TaskFailed{std::move(error), std::nullopt, std::move(put.riders), false});
  }

  void ended(message::Body body) {
    send(host_, AgentEnded{std::move(body)});
    quit(caf::exit_reason::user_shutdown);
  }

  Context context_;
  caf::actor host_;
  std::optional<message::ArtifactAccess> artifacts_;
  std::stop_source putting_; // the output
  agent::AttemptDriver driver_;
};

} // namespace

caf::actor spawn_agent(caf::event_based_actor* host, Context context, agent::Assignment assignment,
                       std::shared_ptr<agent::Agent> agent) {
  return host->spawn<AgentShell>(std::move(context), std::move(assignment), std::move(agent),
                                 handle_of(host));
}

} // namespace troupe::actors
