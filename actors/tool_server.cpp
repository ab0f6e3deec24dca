#include "actors/tool_server.hpp"

#include <thread>

#include "actors/counted.hpp"
#include "actors/fault.hpp"
#include "actors/tool_calls.hpp"
#include "runtime/log.hpp"
#include "runtime/placement/keyed_limit.hpp"
#include "toolkits/artifact_transfer.hpp"
#include "toolkits/catalogue.hpp"

namespace troupe::actors {
namespace {

using supervision::ServedCall;

struct AskAgain { // own timer
  std::uint64_t call = 0;
};
struct LookedBack { // whether a call of unknown outcome happened
  agent::Asked asked;
  toolkits::Reconciled found;
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
        part_{"tool_server:" + std::string{toolkit_->name()}},
        key_{placement::toolkit_key(toolkit_->name())} {
    const auto& breakers = context_->settings.breakers;
    if (const auto policy = breakers.find(std::string{toolkit_->name()}); policy != breakers.end())
      breaker_.emplace(policy->second);
  }

  const char* name() const override { return "tool_server"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, part_);
    driver_.attach(*this);
    return {
        [this](Incoming& in) {
          receive({std::move(in.message), std::move(in.reply_to), std::move(in.from)});
          count();
        },
        [this](const CallEnded& ended) {
          call_ended(ended.call);
          count();
        },
        [this](Answered& answered) {
          driver_.owner_answered(answered.token, answered.answer, now());
          count();
        },
        [this](const OwnerFound& found) { driver_.owner_found(found.call, found.answer); },
        [this](const AskAgain& again) {
          call_ended(again.call); // while nobody played this part
          driver_.resume(again.call, now());
          count();
        },
        [this](HandOver) { driver_.hand_over(); },
        [this](Tick) {
          telling_ = false;
          tell_limits();
        },
        [this](const LookedBack& looked) {
          --looking_back_;
          tell_found(looked.asked, looked.found);
        },
        [](InjectFault) { crash(); },
    };
  }

 private:
  Moment now() const { return {context_->now(), boot_time()}; }

  void count() { store_->count(context_->vitals->tool_calls); }

  void receive(agent::Asked asked) {
    if (!std::holds_alternative<message::NodeLimited>(asked.message.body))
      context_->served->received(part_, endpoint_of(asked));
    if (const auto* cancel = std::get_if<message::ToolCancel>(&asked.message.body)) {
      if (const auto acting = driver_.cancel(asked.message.context, cancel->key))
        store_->stop(*acting);
      return;
    }
    if (const auto* limited = std::get_if<message::NodeLimited>(&asked.message.body))
      return limits_.hear(*limited, boot_time());
    if (std::holds_alternative<message::ActivityReconcile>(asked.message.body))
      return look_back(std::move(asked));
    const auto* call = std::get_if<message::ToolCall>(&asked.message.body);
    if (call == nullptr || driver_.join(asked)) return;
    const auto* spec = find_tool(call->key.tool);
    if (spec == nullptr)
      return refuse(
          asked, make_error(ErrorClass::invalid_input, "toolkit " + std::string{toolkit_->name()} +
                                                           " has no tool " + call->key.tool));
    if (context_->vitals->draining && asked.from != context_->node())
      return refuse(asked, make_error(ErrorClass::no_capacity, "the node is draining"));
    if (driver_.calls().size() >= limits::tool_calls_at_once_max)
      return refuse(asked,
                    make_error(ErrorClass::no_capacity, part_ + " has as many calls as it takes"));
    if (const auto valid = toolkits::check_arguments(*spec, call->arguments); !valid)
      return refuse(asked, valid.error());
    if (const auto closed = refusal_of_dependency()) return refuse(asked, *closed);
    driver_.begin(std::move(asked),
                  {spec->effect == toolkits::Effect::pure, std::string{to_string(spec->effect)},
                   std::string{to_string(spec->risk)}, reconciler(*spec)},
                  now());
  }

  // ---- what is behind the toolkit

  std::optional<Error> refusal_of_dependency() {
    if (const auto left = limits_.left(key_, boot_time()))
      return Error{ErrorClass::rate_limited,
                   key_ + " is asked to pause, for the whole cluster; " + format_duration(*left) +
                       " are left",
                   static_cast<std::uint32_t>(left->count())};
    if (!breaker_) return std::nullopt;
    const auto again = breaker_->refuse(boot_time());
    if (!again) return std::nullopt;
    return make_error(ErrorClass::no_capacity,
                      "what " + std::string{toolkit_->name()} +
                          " depends on keeps failing: its breaker is open, "
                          "and lets one call try in " +
                          format_duration(*again));
  }

  void learn(const Result<JsonText>& result) {
    const auto now = boot_time();
    if (!result && result.error().error_class == ErrorClass::rate_limited &&
        result.error().retry_after_ms) {
      limits_.close(key_, Millis{*result.error().retry_after_ms}, now);
      tell_limits();
    }
    if (!breaker_) return;
    const auto before = breaker_->state();
    breaker_->ended(!result && placement::is_failure_of_dependency(result.error().error_class),
                    now);
    if (breaker_->state() == before) return;
    const bool open = breaker_->state() == placement::Breaker::State::open;
    context_->metrics->set(counted::breaker_open, {{"toolkit", toolkit_->name()}}, open ? 1 : 0);
    log::warn(open ? "breaker.open" : "breaker.closed", {{"toolkit", toolkit_->name()}});
  }

  /// Whoever heard of a pause tells everybody until it is over.
  void tell_limits() {
    auto limited = limits_.told(boot_time());
    if (limited.closed.empty()) return;
    const auto sent = context_->link->publish(
        "hb", "limits", context_->link->make("tool_server", "*/limits", {}, std::move(limited)));
    if (!sent)
      log::debug("tool.limit_not_sent", {{"actor", part_}, {"reason", sent.error().message}});
    if (!std::exchange(telling_, true)) delayed_send(this, limits::heartbeat_interval, Tick{});
  }

  // ---- calls of unknown outcome

  /// Who can tell afterwards whether a call of this tool happened: any server of the toolkit, or,
  /// where it acts on this very node, this one. Empty: nobody.
  std::string reconciler(const toolkits::ToolSpec& spec) const {
    if (!spec.reconciles) return {};
    const std::string name{toolkit_->name()};
    return toolkit_->bound() ? name + "-at-" + context_->node() : name;
  }

  void look_back(agent::Asked asked) {
    const auto& question = std::get<message::ActivityReconcile>(asked.message.body);
    const auto* spec = find_tool(question.key.tool);
    if (spec == nullptr || !spec->reconciles || looking_back_ >= limits::tool_calls_at_once_max)
      return tell_found(asked, {std::nullopt, {}, "this server cannot tell"});
    toolkits::ToolCall call{question.key.tool, question.arguments,
                            supervision::idempotency_key(asked.message.context, question.key),
                            question.job, spec->timeout};
    ++looking_back_;
    std::thread{[toolkit = toolkit_, call = std::move(call), self = handle_of(this),
                 asked = std::move(asked)]() mutable {
      auto found = toolkits::reconcile_checked(*toolkit, call, {});
      caf::anon_send(self, LookedBack{std::move(asked), std::move(found)});
    }}.detach();
  }

  void tell_found(const agent::Asked& asked, const toolkits::Reconciled& found) {
    const auto& question = std::get<message::ActivityReconcile>(asked.message.body);
    const auto* verdict = !found.happened   ? "unknown"
                          : *found.happened ? "happened"
                                            : "not_happened";
    log::info(
        "tool.reconciled",
        {{"run", asked.message.context.run}, {"tool", question.key.tool}, {"verdict", verdict}});
    answer(asked, asked.message.context,
           message::ActivityReconciled{question.key, verdict, found.output, found.reason});
  }

  void refuse(const agent::Asked& asked, const Error& error) {
    const auto& call = std::get<message::ToolCall>(asked.message.body);
    log::warn(
        "tool.refused",
        {{"run", asked.message.context.run}, {"tool", call.key.tool}, {"reason", error.message}});
    context_->served->ended(part_, endpoint_of(asked), {}, &error);
    driver_.refuse(asked, error);
  }

  std::string_view endpoint_of(const agent::Asked& asked) const {
    return tool_endpoint(toolkit_->name(), asked.message.recipient);
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
                               call.call.job,      spec->timeout,       call.call.artifacts};
    log::info("tool.call", {{"actor", "tool_server"},
                            {"run", call.asked.message.context.run},
                            {"step", call.asked.message.context.step},
                            {"attempt", call.asked.message.context.attempt},
                            {"tool", call.call.key.tool}});
    // A call blocks: it has a thread of its own, and their number is bounded.
    std::thread{[toolkit = toolkit_, spec, request = std::move(request), store = store_,
                 actors = context_->actors, http = context_->http, part = part_, number,
                 stop = store_->started(number), began = boot_time()]() mutable {
      const auto access = request.artifacts;
      auto result = toolkits::call_checked(*toolkit, *spec, std::move(request), stop);
      if (result) result = toolkits::put_result(*spec, std::move(*result), access, http, stop);
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
    context_->served->ended(part_, endpoint_of(found->second.asked), Millis{ended->duration_ms},
                            ended->result ? nullptr : &ended->result.error());
    learn(ended->result);
    driver_.acted(number, ended->result, ended->duration_ms);
  }

  // ---- the bus

  void ask_owner(std::uint64_t number, message::Outgoing message) override {
    context_->link->ask(std::move(message), limits::assignment_answer_timeout, "tool_server",
                        [self = handle_of(this), number](Result<message::AgentMessage> answer) {
                          caf::anon_send(self, Answered{number, std::move(answer)});
                        });
  }

  void ask_whois(std::uint64_t number, message::Outgoing message) override {
    context_->link->ask(std::move(message), limits::assignment_answer_timeout, "tool_server",
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
  std::string part_, key_;
  placement::KeyedLimits limits_;
  std::optional<placement::Breaker> breaker_;
  bool telling_ = false;
  unsigned looking_back_ = 0;
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
