#include "actors/tool_server.hpp"

#include <thread>

#include "actors/counted.hpp"
#include "actors/fault.hpp"
#include "actors/tool_calls.hpp"
#include "runtime/log.hpp"
#include "toolkits/catalogue.hpp"

namespace troupe::actors {
namespace {

using supervision::ServedCall;

struct AskAgain { // own timer
  std::uint64_t call = 0;
};
struct OwnerFound {
  std::uint64_t call = 0;
  Result<message::AgentMessage> answer;
};
template <class T>
void actor_message(const T&);

class ToolServer final : public caf::event_based_actor, private supervision::CallPort {
 public:
  ToolServer(caf::actor_config& config, Context context, std::shared_ptr<toolkits::Toolkit> toolkit,
             std::shared_ptr<ToolCalls> calls)
      : event_based_actor{config},
        context_{std::move(context)},
        toolkit_{std::move(toolkit)},
        store_{std::move(calls)},
        driver_{store_->driver},
        part_{"tool_server:" + std::string{toolkit_->name()}} {}

  const char* name() const override { return "tool_server"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, part_);
    driver_.attach(*this);
    return {
        [this](Incoming& in) {
          receive({std::move(in.message), std::move(in.reply_to), std::move(in.from)});
        },
        [this](const CallEnded& ended) { call_ended(ended.call); },
        [this](Answered& answered) {
          driver_.owner_answered(answered.token, answered.answer, now());
        },
        [this](const OwnerFound& found) { driver_.owner_found(found.call, found.answer); },
        [this](const AskAgain& again) {
          call_ended(again.call); // while nobody played this part
          driver_.resume(again.call, now());
        },
        [](InjectFault) { crash(); },
    };
  }

 private:
  Moment now() const { return {context_->now(), boot_time()}; }

  void receive(agent::Asked asked) {
    if (const auto* cancel = std::get_if<message::ToolCancel>(&asked.message.body)) {
      if (const auto acting = driver_.cancel(asked.message.context, cancel->key))
        store_->stop(*acting);
      return;
    }
    const auto* call = std::get_if<message::ToolCall>(&asked.message.body);
    if (call == nullptr || driver_.join(asked)) return;
    const auto* spec = find_tool(call->key.tool);
    if (spec == nullptr)
      return refuse(
          asked, make_error(ErrorClass::invalid_input, "toolkit " + std::string{toolkit_->name()} +
                                                           " has no tool " + call->key.tool));
    if (driver_.calls().size() >= limits::tool_calls_at_once_max)
      return refuse(asked,
                    make_error(ErrorClass::no_capacity, part_ + " has as many calls as it takes"));
    if (const auto valid = toolkits::check_arguments(*spec, call->arguments); !valid)
      return refuse(asked, valid.error());
    driver_.begin(std::move(asked),
                  {spec->effect == toolkits::Effect::pure, std::string{to_string(spec->effect)},
                   std::string{to_string(spec->risk)}},
                  now());
  }

  void refuse(const agent::Asked& asked, const Error& error) {
    const auto& call = std::get<message::ToolCall>(asked.message.body);
    log::warn(
        "tool.refused",
        {{"run", asked.message.context.run}, {"tool", call.key.tool}, {"reason", error.message}});
    driver_.refuse(asked, error);
  }

  const toolkits::ToolSpec* find_tool(const std::string& name) const {
    for (const auto& spec : toolkit_->tools())
      if (spec.name == name) return &spec;
    return nullptr;
  }

  // ---- acting

  void act(std::uint64_t number, const ServedCall& call) override {
    const auto* spec = find_tool(call.call.key.tool);
    toolkits::ToolCall request{call.call.key.tool, call.call.arguments, call.idempotency_key(),
                               call.call.job, spec->timeout};
    log::info("tool.call", {{"actor", "tool_server"},
                            {"run", call.asked.message.context.run},
                            {"step", call.asked.message.context.step},
                            {"attempt", call.asked.message.context.attempt},
                            {"tool", call.call.key.tool}});
    // A call blocks: it has a thread of its own, and their number is bounded.
    std::thread{[toolkit = toolkit_, spec, request = std::move(request), store = store_,
                 actors = context_->actors, part = part_, number, stop = store_->started(number),
                 began = boot_time()]() mutable {
      auto result = toolkits::call_checked(*toolkit, *spec, std::move(request), stop);
      const auto duration = static_cast<std::uint32_t>((boot_time() - began).count());
      store->finished(number, CallEnded{number, std::move(result), duration});
      actors->tell(part, CallEnded{number, {}, 0});
    }}.detach();
  }

  void call_ended(std::uint64_t number) {
    const auto found = driver_.calls().find(number);
    if (found == driver_.calls().end()) return;
    const auto ended = store_->take_finished(number);
    if (!ended) return;
    const auto& tool = found->second.call.key.tool;
    auto& metrics = *context_->metrics;
    metrics.add(counted::tool_calls, {{"tool", tool}, {"outcome", ended->result ? "ok" : "error"}});
    metrics.observe(counted::tool_seconds, {{"tool", tool}}, ended->duration_ms / 1000.0);
    driver_.acted(number, ended->result, ended->duration_ms);
  }

  // ---- the bus

  void ask_owner(std::uint64_t number, message::Outgoing message) override {
    context_->link->ask(message, limits::assignment_answer_timeout, "tool_server",
                        [self = handle_of(this), number](Result<message::AgentMessage> answer) {
                          caf::anon_send(self, Answered{number, std::move(answer)});
                        });
  }

  void ask_whois(std::uint64_t number, message::Outgoing message) override {
    context_->link->ask(message, limits::assignment_answer_timeout, "tool_server",
                        [self = handle_of(this), number](Result<message::AgentMessage> answer) {
                          caf::anon_send(self, OwnerFound{number, std::move(answer)});
                        });
  }

  void ask_later(std::uint64_t number, Millis after) override {
    delayed_send(this, after, AskAgain{number});
  }

  void answer(const agent::Asked& to, message::Context context, message::Body body) override {
    const auto sent = context_->link->answer(
        to.reply_to, context_->link->make("tool_server", to.from + "/agent", std::move(context),
                                          std::move(body)));
    if (!sent)
      log::warn("tool.result_not_sent",
                {{"actor", "tool_server"}, {"to", to.from}, {"reason", sent.error().message}});
  }

  Context context_;
  std::shared_ptr<toolkits::Toolkit> toolkit_;
  std::shared_ptr<ToolCalls> store_;
  supervision::CallDriver& driver_;
  std::string part_;
};

} // namespace

std::shared_ptr<ToolCalls> make_tool_calls(IncarnationId process) {
  return std::make_shared<ToolCalls>(process);
}

caf::actor spawn_tool_server(caf::actor_system& system, Context context,
                             std::shared_ptr<toolkits::Toolkit> toolkit,
                             std::shared_ptr<ToolCalls> calls) {
  return system.spawn<ToolServer>(std::move(context), std::move(toolkit), std::move(calls));
}

} // namespace troupe::actors
