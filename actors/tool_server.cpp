#include "actors/tool_server.hpp"

#include <map>
#include <thread>

#include "actors/counted.hpp"
#include "actors/fault.hpp"
#include "actors/tool_calls.hpp"
#include "actors/whois.hpp"
#include "runtime/hash.hpp"
#include "runtime/log.hpp"
#include "toolkits/catalogue.hpp"

namespace troupe::actors {
namespace {

using namespace std::chrono_literals;

/// A call that nobody grants is given up after so long: whoever asked has stopped waiting.
constexpr auto grant_wait_max = 60s;

struct AskAgain { // own timer
  std::uint64_t call = 0;
};
struct OwnerFound {
  std::uint64_t call = 0;
  Result<message::AgentMessage> answer;
};
template <class T>
void actor_message(const T&);

class ToolServer final : public caf::event_based_actor {
 public:
  ToolServer(caf::actor_config& config, Context context, std::shared_ptr<toolkits::Toolkit> toolkit,
             std::shared_ptr<ToolCalls> calls)
      : event_based_actor{config},
        context_{std::move(context)},
        toolkit_{std::move(toolkit)},
        store_{std::move(calls)},
        calls_{store_->calls},
        part_{"tool_server:" + std::string{toolkit_->name()}} {}

  const char* name() const override { return "tool_server"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, part_);
    for (const auto& [number, call] : calls_)
      send(this, AskAgain{number}); // after a crash of this actor
    return {
        [this](Incoming& in) { receive(in); },
        [this](const CallEnded& ended) { call_ended(ended.call); },
        [this](Answered& answered) { hear(answered); },
        [this](const OwnerFound& found) {
          const auto call = calls_.find(found.call);
          if (call == calls_.end()) return;
          if (found.answer) call->second.owner_node = owner_in(*found.answer);
          ask_later(found.call);
        },
        [this](const AskAgain& again) { resume(again.call); },
        [](InjectFault) { crash(); },
    };
  }

 private:
  // ---- taking a call

  void receive(Incoming& in) {
    auto* call = std::get_if<message::ToolCall>(&in.message.body);
    if (call == nullptr) return;
    if (auto* known = find(in.message.context, call->key)) {
      known->asked = std::move(in);
      return;
    }
    const auto* spec = find_tool(call->key.tool);
    if (spec == nullptr)
      return refuse(
          in, *call,
          make_error(ErrorClass::invalid_input, "toolkit " + std::string{toolkit_->name()} +
                                                    " has no tool " + call->key.tool));
    if (calls_.size() >= limits::tool_calls_at_once_max)
      return refuse(in, *call,
                    make_error(ErrorClass::no_capacity, part_ + " has as many calls as it takes"));
    if (const auto valid = toolkits::check_arguments(*spec, call->arguments); !valid)
      return refuse(in, *call, valid.error());
    begin(in, std::move(*call), *spec);
  }

  void begin(Incoming& in, message::ToolCall arguments, const toolkits::ToolSpec& spec) {
    const auto number = ++store_->last;
    ToolServerCall& call = calls_[number];
    call.call = std::move(arguments);
    call.asked = std::move(in);
    call.spec = &spec;
    call.digest = digest(call.call.arguments);
    call.owner_node = call.call.owner_node;
    call.started = boot_time();
    if (spec.effect == toolkits::Effect::pure) return act(number, call);
    new_nonce(call);
    reserve(number, call);
  }

  const toolkits::ToolSpec* find_tool(const std::string& name) const {
    for (const auto& spec : toolkit_->tools())
      if (spec.name == name) return &spec;
    return nullptr;
  }

  ToolServerCall* find(const message::Context& context, const message::ActivityKey& key) {
    for (auto& [number, call] : calls_) {
      const auto& known = call.asked.message.context;
      if (known.run == context.run && known.step == context.step &&
          known.attempt == context.attempt && call.call.key == key)
        return &call;
    }
    return nullptr;
  }

  // ---- first beat: reserve

  void new_nonce(ToolServerCall& call) {
    call.nonce = entropy_.make_id<NonceId>(context_->now());
    call.nonce_sent = boot_time();
  }

  void reserve(std::uint64_t number, ToolServerCall& call) {
    if (call.lapsed()) new_nonce(call); // says: did not act under the old one, and never shall
    ask_owner(number, call,
              message::ActivityReserve{call.call.key, call.digest, call.call.arguments,
                                       std::string{to_string(call.spec->effect)},
                                       std::string{to_string(call.spec->risk)}, call.nonce,
                                       context_->process, call.call.riders});
  }

  void ask_owner(std::uint64_t number, const ToolServerCall& call, message::Body body) {
    auto message = context_->link->make("tool_server", call.owner_node + "/run",
                                        call.asked.message.context, std::move(body));
    context_->link->ask("run", call.owner_node, message, limits::assignment_answer_timeout,
                        [self = handle_of(this), number](Result<message::AgentMessage> answer) {
                          caf::anon_send(self, Answered{number, std::move(answer)});
                        });
  }

  void hear(Answered& answered) {
    const auto found = calls_.find(answered.token);
    if (found == calls_.end()) return;
    ToolServerCall& call = found->second;
    if (!answered.answer) {
      if (answered.answer.error().error_class == ErrorClass::agent_down)
        return ask_whois(answered.token, call);
      return ask_later(answered.token);
    }
    const Epoch epoch = answered.answer->context.epoch;
    std::visit(
        Overloaded{
            [&](const message::ActivityGranted& granted) {
              this->granted(answered.token, call, granted, epoch);
            },
            [&](const message::ActivitySettled& settled) {
              answer(call, settled.outcome, true);
              calls_.erase(answered.token);
            },
            [&](const message::ActivityRefused& refused) {
              if (call.state != ToolServerCall::State::reserving || refused.nonce != call.nonce)
                return;
              fail(answered.token, call, refused.error);
            },
            [&](const message::ActivityDiscarded& discarded) {
              this->discarded(answered.token, call, discarded, epoch);
            },
            [&](const message::NotHere&) { ask_whois(answered.token, call); },
            [&](const auto&) { ask_later(answered.token); },
        },
        answered.answer->body);
  }

  /// Commands of an owner whose epoch was superseded are ignored.
  bool stale(const ToolServerCall& call, Epoch epoch) {
    auto& highest = epochs_[call.asked.message.context.run];
    if (epochs_.size() > 10'000) epochs_.erase(epochs_.begin());
    if (epoch != 0 && epoch < highest) return true;
    highest = std::max(highest, epoch);
    return false;
  }

  void discarded(std::uint64_t number, ToolServerCall& call, const message::ActivityDiscarded& why,
                 Epoch epoch) {
    if (stale(call, epoch)) return ask_later(number);
    if (call.state == ToolServerCall::State::acting)
      return; // its outcome is offered to the owner all the same
    const auto sent = context_->link->answer(call.asked.reply_to, reply(call, why));
    if (!sent)
      log::debug("tool_server.reply_not_sent",
                 {{"actor", "tool_server"}, {"reason", sent.error().message}});
    calls_.erase(number);
  }

  // ---- second beat: act

  void granted(std::uint64_t number, ToolServerCall& call, const message::ActivityGranted& grant,
               Epoch epoch) {
    if (call.state != ToolServerCall::State::reserving || grant.nonce != call.nonce) return;
    if (stale(call, epoch) || call.lapsed()) return ask_later(number);
    act(number, call); // the check above is the last thing before
  }

  void act(std::uint64_t number, ToolServerCall& call) {
    call.state = ToolServerCall::State::acting;
    toolkits::ToolCall request{call.call.key.tool, call.call.arguments, call.idempotency_key(),
                               call.call.job, call.spec->timeout};
    log::info("tool.call", {{"actor", "tool_server"},
                            {"run", call.asked.message.context.run},
                            {"step", call.asked.message.context.step},
                            {"attempt", call.asked.message.context.attempt},
                            {"tool", call.call.key.tool}});
    // A call blocks: it has a thread of its own, and their number is bounded.
    std::thread{[toolkit = toolkit_, spec = call.spec, request = std::move(request),
                 stop = call.stop.get_token(), store = store_, actors = context_->actors,
                 part = part_, number, began = boot_time()]() mutable {
      auto result = toolkits::call_checked(*toolkit, *spec, std::move(request), stop);
      const auto duration = static_cast<std::uint32_t>((boot_time() - began).count());
      store->finished(number, CallEnded{number, std::move(result), duration});
      actors->tell(part, CallEnded{number, {}, 0});
    }}.detach();
  }

  void call_ended(std::uint64_t number) {
    const auto found = calls_.find(number);
    if (found == calls_.end()) return;
    auto ended = store_->take_finished(number);
    if (!ended) return;
    ToolServerCall& call = found->second;
    call.result = std::move(ended->result);
    call.duration_ms = ended->duration_ms;
    auto& metrics = *context_->metrics;
    metrics.add(counted::tool_calls,
                {{"tool", call.call.key.tool}, {"outcome", *call.result ? "ok" : "error"}});
    metrics.observe(counted::tool_seconds, {{"tool", call.call.key.tool}},
                    call.duration_ms / 1000.0);
    if (call.spec->effect != toolkits::Effect::pure) {
      call.state = ToolServerCall::State::settling;
      return settle(number, call);
    }
    answer(call, call.outcome(), false);
    calls_.erase(found);
  }

  // ---- third beat: settle

  void settle(std::uint64_t number, const ToolServerCall& call) {
    ask_owner(number, call,
              message::ActivitySettle{call.call.key, call.nonce, call.outcome(), call.duration_ms});
  }

  void resume(std::uint64_t number) {
    const auto found = calls_.find(number);
    if (found == calls_.end()) return;
    ToolServerCall& call = found->second;
    switch (call.state) {
      case ToolServerCall::State::acting: return call_ended(number);
      case ToolServerCall::State::settling: return settle(number, call);
      case ToolServerCall::State::reserving:
        if (boot_time() - call.started > grant_wait_max)
          return fail(number, call,
                      make_error(ErrorClass::timeout,
                                 "no grant within " + format_duration(grant_wait_max)));
        return reserve(number, call);
    }
  }

  void ask_later(std::uint64_t number) {
    delayed_send(this, limits::repeat_interval, AskAgain{number});
  }

  void ask_whois(std::uint64_t number, const ToolServerCall& call) {
    context_->link->ask("whois", "any",
                        context_->link->make("tool_server", "any/orchestrator",
                                             call.asked.message.context, message::WhoIs{}),
                        limits::assignment_answer_timeout,
                        [self = handle_of(this), number](Result<message::AgentMessage> answer) {
                          caf::anon_send(self, OwnerFound{number, std::move(answer)});
                        });
  }

  // ---- answering the agent

  message::AgentMessage reply(const ToolServerCall& call, message::Body body) const {
    auto context = call.asked.message.context;
    context.epoch = 0;
    return context_->link->make("tool_server", call.asked.from + "/agent", std::move(context),
                                std::move(body));
  }

  void answer(const ToolServerCall& call, message::ActivityOutcome outcome, bool recorded) {
    send_result(call.asked,
                reply(call, message::ToolResult{call.call.key, std::move(outcome), call.digest,
                                                recorded, call.duration_ms}));
  }

  /// An error that is no outcome of an activity: nothing is in the ledger for it.
  void fail(std::uint64_t number, const ToolServerCall& call, const Error& error) {
    answer(call, {JsonText{}, error}, true);
    calls_.erase(number);
  }

  void refuse(const Incoming& in, const message::ToolCall& call, Error error) {
    log::warn(
        "tool.refused",
        {{"run", in.message.context.run}, {"tool", call.key.tool}, {"reason", error.message}});
    message::ToolResult result{call.key, {JsonText{}, std::move(error)}, {}, false, 0};
    if (result.outcome.error->error_class == ErrorClass::no_capacity)
      result.recorded = true; // asked again, not kept
    send_result(in, context_->link->make("tool_server", in.from + "/agent", in.message.context,
                                         std::move(result)));
  }

  void send_result(const Incoming& in, const message::AgentMessage& message) {
    const auto sent = context_->link->answer(in.reply_to, message);
    if (!sent)
      log::warn("tool.result_not_sent",
                {{"actor", "tool_server"}, {"to", in.from}, {"reason", sent.error().message}});
  }

  Context context_;
  std::shared_ptr<toolkits::Toolkit> toolkit_;
  std::shared_ptr<ToolCalls> store_;
  std::map<std::uint64_t, ToolServerCall>& calls_;
  std::string part_;
  SystemEntropy entropy_;
  std::map<RunId, Epoch> epochs_;
};

} // namespace

std::shared_ptr<ToolCalls> make_tool_calls() { return std::make_shared<ToolCalls>(); }

caf::actor spawn_tool_server(caf::actor_system& system, Context context,
                             std::shared_ptr<toolkits::Toolkit> toolkit,
                             std::shared_ptr<ToolCalls> calls) {
  return system.spawn<ToolServer>(std::move(context), std::move(toolkit), std::move(calls));
}

} // namespace troupe::actors
