#include "actors/agent_host.hpp"

#include <boost/json.hpp>
#include <map>
#include <optional>

#include "actors/agent.hpp"
#include "actors/fault.hpp"
#include "actors/whois.hpp"
#include "runtime/json_value.hpp"
#include "runtime/log.hpp"

namespace troupe::actors {
namespace {

constexpr std::size_t epochs_kept_max =
    10'000; // highest epochs seen, by run; the oldest ids go first

struct DeliverAgain { // own timer
  std::uint64_t attempt = 0;
};
struct OwnerFound { // the answer of whois
  std::uint64_t attempt = 0;
  Result<message::AgentMessage> answer;
};
template <class T>
void actor_message(const T&);

/// "agent-1/agent_host@<incarnation>" names the incarnation that is meant; nothing if it names
/// none.
std::optional<IncarnationId> incarnation_in(const std::string& recipient) {
  const auto at = recipient.rfind('@');
  if (at == std::string::npos) return std::nullopt;
  return parse_id<IncarnationId>(std::string_view{recipient}.substr(at + 1));
}

std::string job_of(const JsonText& context) {
  const auto value = read_json(context.text);
  const auto* object = value ? value->if_object() : nullptr;
  const auto* job = object != nullptr ? object->if_contains("job") : nullptr;
  const auto* id =
      job != nullptr && job->is_object() ? job->get_object().if_contains("id") : nullptr;
  return id != nullptr && id->is_string() ? std::string{id->get_string()} : std::string{"no-job"};
}

class AgentHost final : public caf::event_based_actor {
 public:
  AgentHost(caf::actor_config& config, Context context)
      : event_based_actor{config}, context_{std::move(context)} {}

  const char* name() const override { return "agent_host"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "agent_host");
    set_down_handler([this](const caf::down_msg& down) { agent_down(down); });
    count_slots();
    return {
        [this](Incoming& in) { receive(in); },
        [this](AgentEnded& ended) {
          if (auto* attempt = of_actor(current_sender())) finish(*attempt, std::move(ended.end));
        },
        [this](Answered& answered) { delivered(answered); },
        [this](const OwnerFound& found) { owner_found(found); },
        [this](const DeliverAgain& again) {
          if (const auto attempt = attempts_.find(again.attempt); attempt != attempts_.end())
            deliver(attempt->second);
        },
        [](InjectFault) { crash(); },
    };
  }

  void on_exit() override {
    for (const auto& [number, attempt] : attempts_) {
      context_->actors->remove(attempt.part);
      if (attempt.agent) caf::anon_send_exit(attempt.agent, caf::exit_reason::user_shutdown);
    }
    attempts_.clear();
  }

 private:
  struct Attempt {
    std::uint64_t number = 0; // ours
    std::string part;
    message::Context context;
    std::string owner_node;
    caf::actor agent;
    std::optional<message::Body> end; // once it has one: repeated until it is answered
  };

  // ---- what owners ask

  void receive(Incoming& in) {
    const auto meant = incarnation_in(in.message.recipient);
    if (meant && *meant != context_->process)
      return answer(in, message::NotHere{"this node was started anew"});
    auto& seen = epochs_[in.message.context.run];
    if (in.message.context.epoch < seen)
      return answer(in, message::NotHere{"an owner of a later epoch has the run"});
    seen = in.message.context.epoch;
    if (epochs_.size() > epochs_kept_max) epochs_.erase(epochs_.begin());
    std::visit(
        Overloaded{
            [&](message::TaskAssigned& task) { assigned(in, task); },
            [&](const message::TaskStatus&) { status(in); },
            [&](const message::TaskCancel& cancel) { this->cancel(in, cancel.reason); },
            [&](const auto&) { answer(in, message::NotHere{"not a message for an agent host"}); },
        },
        in.message.body);
  }

  void assigned(Incoming& in, message::TaskAssigned& task) {
    if (find(in.message.context) != nullptr) return status(in); // repeated
    if (context_->vitals->draining)
      return answer(
          in, message::TaskRefused{make_error(ErrorClass::no_capacity, "the node is draining")});
    if (attempts_.size() >= context_->settings.slots)
      return answer(
          in, message::TaskRefused{make_error(ErrorClass::no_capacity, "all slots are taken")});

    Assignment assignment{in.message.context, std::move(task), in.from, ""};
    assignment.job = job_of(assignment.task.context);
    auto agent = agent::make_agent({assignment.context.step, assignment.task.role,
                                    assignment.task.task, assignment.task.context});
    if (!agent) // the completion itself
      return answer(in, message::TaskFailed{agent.error(), std::nullopt, {}});

    Attempt attempt;
    attempt.number = ++last_number_;
    attempt.context = in.message.context;
    attempt.owner_node = in.from;
    attempt.part =
        "agent:" + to_string(attempt.context.run) + '/' + std::to_string(attempt.context.attempt);
    attempt.agent = spawn_agent(this, context_, std::move(assignment),
                                std::shared_ptr<agent::Agent>{std::move(*agent)});
    monitor(attempt.agent);
    context_->actors->set(attempt.part, attempt.agent);
    attempts_[attempt.number] = std::move(attempt);
    count_slots();
    answer(in, message::TaskAccepted{context_->process});
  }

  void status(const Incoming& in) {
    Attempt* attempt = find(in.message.context);
    if (attempt == nullptr) return answer(in, message::NotHere{"no such attempt on this node"});
    attempt->owner_node = in.from; // whoever asks under the highest epoch owns the run now
    attempt->context.epoch = in.message.context.epoch;
    if (attempt->end) return answer(in, *attempt->end);
    answer(in, message::TaskAccepted{context_->process});
  }

  void cancel(const Incoming& in, const std::string& reason) {
    Attempt* attempt = find(in.message.context);
    if (attempt == nullptr || attempt->end) return;
    send(attempt->agent, StopAgent{reason});
  }

  // ---- how attempts end

  void agent_down(const caf::down_msg& down) {
    Attempt* attempt = of_actor(down.source);
    if (attempt == nullptr || attempt->end) return;
    finish(*attempt, message::TaskFailed{make_error(ErrorClass::agent_down,
                                                    "the agent crashed: " + describe(down.reason)),
                                         {},
                                         {}});
  }

  void finish(Attempt& attempt, message::Body end) {
    log::info("attempt.ended", {{"actor", "agent_host"},
                                {"run", attempt.context.run},
                                {"step", attempt.context.step},
                                {"attempt", attempt.context.attempt},
                                {"as", message::type_name(end)}});
    context_->actors->remove(attempt.part);
    attempt.end = std::move(end);
    deliver(attempt);
  }

  void deliver(const Attempt& attempt) {
    context_->link->ask(
        "run", attempt.owner_node,
        context_->link->make("agent_host", attempt.owner_node + "/run", attempt.context,
                             *attempt.end),
        limits::assignment_answer_timeout,
        [self = handle_of(this), number = attempt.number](Result<message::AgentMessage> answer) {
          caf::anon_send(self, Answered{number, std::move(answer)});
        });
  }

  void delivered(const Answered& answered) {
    const auto found = attempts_.find(answered.token);
    if (found == attempts_.end()) return;
    if (answered.answer) {
      const auto& body = answered.answer->body;
      if (std::holds_alternative<message::TaskAcknowledged>(body) ||
          std::holds_alternative<message::TaskDiscarded>(body))
        return release(found->first);
    }
    const bool elsewhere = answered.answer
                               ? std::holds_alternative<message::NotHere>(answered.answer->body)
                               : answered.answer.error().error_class == ErrorClass::agent_down;
    if (elsewhere)
      ask_whois(found->second);
    else
      deliver_later(answered.token);
  }

  void ask_whois(const Attempt& attempt) {
    context_->link->ask(
        "whois", "any",
        context_->link->make("agent_host", "any/orchestrator", attempt.context, message::WhoIs{}),
        limits::assignment_answer_timeout,
        [self = handle_of(this), number = attempt.number](Result<message::AgentMessage> answer) {
          caf::anon_send(self, OwnerFound{number, std::move(answer)});
        });
  }

  void owner_found(const OwnerFound& found) {
    const auto attempt = attempts_.find(found.attempt);
    if (attempt == attempts_.end()) return;
    if (found.answer) attempt->second.owner_node = owner_in(*found.answer);
    deliver_later(found.attempt);
  }

  void deliver_later(std::uint64_t number) {
    delayed_send(this, limits::repeat_interval, DeliverAgain{number});
  }

  void release(std::uint64_t number) {
    attempts_.erase(number);
    count_slots();
  }

  // ---- lookups

  Attempt* find(const message::Context& context) {
    for (auto& [number, attempt] : attempts_)
      if (attempt.context.run == context.run && attempt.context.attempt == context.attempt)
        return &attempt;
    return nullptr;
  }

  template <class Address>
  Attempt* of_actor(const Address& address) {
    for (auto& [number, attempt] : attempts_)
      if (attempt.agent && attempt.agent.address() == address) return &attempt;
    return nullptr;
  }

  void count_slots() {
    const auto taken = static_cast<std::uint32_t>(attempts_.size());
    context_->vitals->free_slots =
        context_->settings.slots - std::min(taken, context_->settings.slots);
  }

  void answer(const Incoming& in, message::Body body) {
    const auto sent = context_->link->answer(
        in.reply_to,
        context_->link->make("agent_host", in.from + "/step", in.message.context, std::move(body)));
    if (!sent)
      log::debug("agent_host.reply_not_sent",
                 {{"actor", "agent_host"}, {"reason", sent.error().message}});
  }

  Context context_;
  std::map<std::uint64_t, Attempt> attempts_;
  std::uint64_t last_number_ = 0;
  std::map<RunId, Epoch> epochs_;
};

} // namespace

caf::actor spawn_agent_host(caf::actor_system& system, Context context) {
  return system.spawn<AgentHost>(std::move(context));
}

} // namespace troupe::actors
