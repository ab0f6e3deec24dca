#include "actors/agent_host.hpp"

#include <map>
#include <unordered_map>

#include "actors/agent.hpp"
#include "actors/fault.hpp"
#include "runtime/agent/host_driver.hpp"
#include "runtime/log.hpp"

namespace troupe::actors {
namespace {

struct Rang { // own timer
  agent::HostTimer which{};
};
struct OwnerFound { // the answer of whois
  std::uint64_t attempt = 0;
  Result<message::AgentMessage> answer;
};
template <class T>
void actor_message(const T&);

class AgentHost final : public caf::event_based_actor, private agent::HostPort {
 public:
  AgentHost(caf::actor_config& config, Context context)
      : event_based_actor{config}, context_{std::move(context)} {}

  const char* name() const override { return "agent_host"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "agent_host");
    set_down_handler([this](const caf::down_msg& down) { agent_down(down); });
    count_slots();
    return {
        [this](Incoming& in) {
          const bool cancel = std::holds_alternative<message::TaskCancel>(in.message.body);
          context_->served->received(own_part, cancel ? "control" : "task");
          driver_.receive({std::move(in.message), std::move(in.reply_to), std::move(in.from)},
                          context_->vitals->draining);
          count_slots();
        },
        [this](AgentEnded& ended) { agent_ended(current_sender()->id(), std::move(ended.end)); },
        [this](Answered& answered) {
          driver_.delivered(answered.token, answered.answer);
          count_slots();
        },
        [this](const OwnerFound& found) { driver_.owner_found(found.attempt, found.answer); },
        [this](const Rang& rang) { driver_.rang(rang.which); },
        [this](HandOver) { driver_.hand_over(); },
        [](InjectFault) { crash(); },
    };
  }

  void on_exit() override {
    for (const auto& [number, running] : agents_) {
      context_->actors->remove(running.part);
      caf::anon_send_exit(running.agent, caf::exit_reason::user_shutdown);
    }
    agents_.clear();
    by_actor_.clear();
  }

 private:
  static constexpr auto own_part = "agent_host";

  struct Running {
    Millis began = monotonic_time();
    message::Context context;
    std::string part;
    caf::actor agent;
  };

  void count_slots() {
    context_->vitals->free_slots = driver_.free_slots();
    context_->vitals->attempts = driver_.attempts();
  }

  void count_end(Millis took, const Error* error) {
    context_->served->ended(own_part, "task", took, error);
  }

  // ---- agents

  Result<> start(std::uint64_t attempt, agent::Assignment assignment) override {
    const auto& task = assignment.task;
    auto agent = agent::make_agent(
        {assignment.context.step, task.role, task.task, task.context, task.progress});
    if (!agent) {
      count_end({}, &agent.error());
      return agent.error();
    }
    Running running;
    running.context = assignment.context;
    running.part =
        "agent:" + to_string(running.context.run) + '/' + std::to_string(running.context.attempt);
    running.agent = spawn_agent(this, context_, std::move(assignment),
                                std::shared_ptr<agent::Agent>{std::move(*agent)});
    monitor(running.agent);
    context_->actors->set(running.part, running.agent);
    by_actor_[running.agent.id()] = attempt;
    agents_[attempt] = std::move(running);
    return {};
  }

  void stop(std::uint64_t attempt, const std::string& reason) override {
    if (const auto running = agents_.find(attempt); running != agents_.end())
      send(running->second.agent, StopAgent{reason});
  }

  void owner_is(std::uint64_t attempt, const std::string& node, Epoch epoch) override {
    if (const auto running = agents_.find(attempt); running != agents_.end())
      send(running->second.agent, OwnerIs{node, epoch});
  }

  void hand_over(std::uint64_t attempt) override {
    if (const auto running = agents_.find(attempt); running != agents_.end())
      send(running->second.agent, HandOver{});
  }

  void agent_ended(caf::actor_id agent, message::Body end) {
    const auto known = by_actor_.extract(agent);
    if (!known) return;
    const auto attempt = known.mapped();
    const auto running = agents_.extract(attempt).mapped();
    log::info("attempt.ended", {{"actor", "agent_host"},
                                {"run", running.context.run},
                                {"step", running.context.step},
                                {"attempt", running.context.attempt},
                                {"as", message::type_name(end)}});
    context_->actors->remove(running.part);
    const auto* failed = std::get_if<message::TaskFailed>(&end);
    count_end(monotonic_time() - running.began, failed ? &failed->error : nullptr);
    driver_.ended(attempt, std::move(end));
  }

  void agent_down(const caf::down_msg& down) { // in order: it has told how it ended
    agent_ended(down.source.id(),
                message::TaskFailed{make_error(ErrorClass::agent_down,
                                               "the agent crashed: " + describe(down.reason)),
                                    {},
                                    {},
                                    false});
  }

  // ---- the bus

  void answer(const agent::Asked& to, message::Body body) override {
    if (const auto* refused = std::get_if<message::TaskRefused>(&body))
      count_end({}, &refused->error);
    const auto sent = context_->link->answer(
        to.reply_to,
        context_->link->make("agent_host", to.from + "/step", to.message.context, std::move(body)));
    if (!sent)
      log::debug("agent_host.reply_not_sent",
                 {{"actor", "agent_host"}, {"reason", sent.error().message}});
  }

  void deliver(std::uint64_t attempt, message::Outgoing message) override {
    context_->link->ask(std::move(message), limits::assignment_answer_timeout, "agent_host",
                        [self = handle_of(this), attempt](Result<message::AgentMessage> answer) {
                          caf::anon_send(self, Answered{attempt, std::move(answer)});
                        });
  }

  void ask_whois(std::uint64_t attempt, message::Outgoing message) override {
    context_->link->ask(std::move(message), limits::assignment_answer_timeout, "agent_host",
                        [self = handle_of(this), attempt](Result<message::AgentMessage> answer) {
                          caf::anon_send(self, OwnerFound{attempt, std::move(answer)});
                        });
  }

  void ring(agent::HostTimer which, Millis after) override {
    delayed_send(this, after, Rang{which});
  }

  Context context_;
  agent::HostDriver driver_{context_->process, context_->settings.slots, *this};
  std::map<std::uint64_t, Running> agents_; // by the driver's number
  std::unordered_map<caf::actor_id, std::uint64_t> by_actor_;
};

} // namespace

caf::actor spawn_agent_host(caf::actor_system& system, Context context) {
  return system.spawn<AgentHost>(std::move(context));
}

} // namespace troupe::actors
