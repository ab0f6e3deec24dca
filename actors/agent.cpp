#include "actors/agent.hpp"

#include <map>

#include "actors/fault.hpp"
#include "runtime/agent/allowed_tools.hpp"
#include "runtime/hash.hpp"
#include "runtime/log.hpp"

namespace troupe::actors {
namespace {

/// How long a call may find nobody who serves its tool, or no bus, before it fails.
constexpr auto unserved_max = std::chrono::seconds{30};
/// On top of a tool's own timeout: reserving, waiting for an earlier grant to lapse, settling.
constexpr auto call_overhead = limits::grant_period + limits::grant_margin + limits::lease_period;
constexpr auto foreign_tool_timeout =
    std::chrono::seconds{120}; // of a tool that this node does not serve

struct CallAgain { // own timer
  std::uint64_t call = 0;
};
struct TimerRang {
  std::uint64_t timer = 0;
};
struct Replayed {
  std::uint64_t call = 0;
};
template <class T>
void actor_message(const T&);

std::string toolkit_of(const std::string& tool) { return tool.substr(0, tool.find('.')); }

class AgentShell final : public caf::event_based_actor {
 public:
  AgentShell(caf::actor_config& config, Context context, Assignment assignment,
             std::shared_ptr<agent::Agent> agent, caf::actor host)
      : event_based_actor{config},
        context_{std::move(context)},
        assignment_{std::move(assignment)},
        agent_{std::move(agent)},
        host_{std::move(host)} {}

  const char* name() const override { return "agent"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "agent " + assignment_.context.step);
    send(this, Replayed{0}); // call 0: the start
    return {
        [this](const Replayed& replayed) {
          if (replayed.call == 0) return feed(agent::Started{});
          feed(agent::ToolAnswered{replayed.call, calls_.extract(replayed.call).mapped().outcome});
        },
        [this](Answered& answered) { hear(answered); },
        [this](const CallAgain& again) {
          if (calls_.contains(again.call)) ask(again.call);
        },
        [this](const TimerRang& rang) { feed(agent::TimerFired{rang.timer}); },
        [this](const StopAgent& stop) {
          log::info("agent.stopped", {{"actor", "agent"},
                                      {"run", assignment_.context.run},
                                      {"step", assignment_.context.step},
                                      {"attempt", assignment_.context.attempt},
                                      {"reason", stop.reason}});
          end(message::TaskCancelled{std::move(riders_)});
        },
        [](InjectFault) { crash(); },
    };
  }

  void on_exit() override { host_ = {}; }

 private:
  struct Call {
    message::ActivityKey key;
    JsonText arguments;
    std::string digest;
    Instant first_asked{};
    Millis timeout{0};                // of one asking
    message::ActivityOutcome outcome; // of a replayed one
  };

  void feed(const agent::Event& event) {
    if (ended_) return;
    for (auto& action : agent_->on(event, context_->now()))
      std::visit([this](auto& what) { perform(what); }, action);
  }

  void perform(agent::CallTool& action) {
    Call call;
    call.key = {false, action.tool, ordinals_[action.tool]++};
    call.arguments = std::move(action.arguments);
    call.digest = digest(call.arguments);
    call.first_asked = context_->now();
    if (!agent::allows(assignment_.task.role.tools, action.tool)) {
      call.outcome.error = make_error(ErrorClass::denied, "role " + assignment_.task.role.role +
                                                              " may not call " + action.tool);
      calls_[action.call] = std::move(call);
      return send(this, Replayed{action.call});
    }
    if (const auto* recorded = find_recorded(call)) {
      call.outcome = recorded->outcome;
      calls_[action.call] = std::move(call);
      return send(this, Replayed{action.call});
    }
    calls_[action.call] = std::move(call);
    ask(action.call);
  }
  void perform(const agent::SetTimer& action) {
    delayed_send(this, action.after, TimerRang{action.timer});
  }
  void perform(agent::Report& action) {
    const auto sent = context_->link->publish(
        "run", assignment_.owner_node,
        envelope(message::TaskProgress{std::move(action.note), JsonText{}}));
    if (!sent)
      log::debug("agent.progress_not_sent", {{"actor", "agent"}, {"reason", sent.error().message}});
  }
  void perform(agent::Complete& action) {
    end(message::TaskCompleted{std::move(action.output), std::move(riders_)});
  }
  void perform(agent::Fail& action) {
    end(message::TaskFailed{std::move(action.error), std::nullopt, std::move(riders_)});
  }

  const message::RecordedActivity* find_recorded(const Call& call) const {
    for (const auto& recorded : assignment_.task.recorded)
      if (recorded.key == call.key && recorded.digest == call.digest) return &recorded;
    return nullptr;
  }

  message::AgentMessage envelope(message::Body body) const {
    auto message = context_->link->make("agent", assignment_.owner_node + "/run",
                                        assignment_.context, std::move(body));
    return message;
  }

  void ask(std::uint64_t number) {
    Call& call = calls_.at(number);
    const std::string toolkit = toolkit_of(call.key.tool);
    const auto* here = context_->catalogue.find(call.key.tool);
    const std::string recipient = here != nullptr ? toolkit + "-at-" + context_->node() : toolkit;
    call.timeout = (here != nullptr ? here->timeout : Millis{foreign_tool_timeout}) + call_overhead;
    // What rides along is recorded with the next reserve; a pure call makes none.
    const bool reserves = here == nullptr || here->effect != toolkits::Effect::pure;
    auto message = envelope(
        message::ToolCall{call.key, call.arguments, assignment_.job, assignment_.owner_node,
                          reserves ? riders_ : std::vector<message::RecordedActivity>{}});
    message.recipient = recipient + "/tool_server";
    context_->link->ask("tool", recipient, message, call.timeout,
                        [self = handle_of(this), number](Result<message::AgentMessage> answer) {
                          caf::anon_send(self, Answered{number, std::move(answer)});
                        });
  }

  void hear(Answered& answered) {
    const auto found = calls_.find(answered.token);
    if (found == calls_.end() || ended_) return;
    const Call& call = found->second;
    if (!answered.answer) return unserved(answered.token, call, answered.answer.error());
    auto& body = answered.answer->body;
    if (std::holds_alternative<message::ActivityDiscarded>(body))
      return end(message::TaskCancelled{
          std::move(riders_)}); // the attempt is superseded: nobody waits for it
    auto* result = std::get_if<message::ToolResult>(&body);
    if (result == nullptr)
      return unserved(answered.token, call,
                      make_error(ErrorClass::no_capacity, "the tool server did not understand"));
    if (result->outcome.error && result->outcome.error->error_class == ErrorClass::no_capacity)
      return unserved(answered.token, call, *result->outcome.error);
    if (!result->recorded)
      riders_.push_back(
          {call.key, call.digest, call.arguments, result->outcome, result->duration_ms});
    answer(answered.token, std::move(result->outcome));
  }

  /// Nobody took the call, or nobody can tell: the same key makes asking again safe.
  void unserved(std::uint64_t number, const Call& call, const Error& error) {
    const auto waited = context_->now() - call.first_asked;
    const bool waits =
        error.error_class == ErrorClass::agent_down || error.error_class == ErrorClass::no_capacity;
    // A timeout that comes early is the link that broke under the call.
    const bool link_lost = error.error_class == ErrorClass::timeout && waited < call.timeout;
    if ((waits && waited < unserved_max) || link_lost)
      return delayed_send(this, limits::repeat_interval, CallAgain{number});
    message::ActivityOutcome outcome;
    outcome.error = make_error(
        error.error_class == ErrorClass::timeout ? ErrorClass::timeout : ErrorClass::tool_failed,
        call.key.tool + ": " + error.message);
    answer(number, std::move(outcome));
  }

  void answer(std::uint64_t number, message::ActivityOutcome outcome) {
    calls_.erase(number);
    feed(agent::ToolAnswered{number, std::move(outcome)});
  }

  void end(message::Body body) {
    if (std::exchange(ended_, true)) return;
    send(host_, AgentEnded{std::move(body)});
    quit(caf::exit_reason::user_shutdown);
  }

  Context context_;
  Assignment assignment_;
  std::shared_ptr<agent::Agent> agent_;
  caf::actor host_;
  std::map<std::string, std::uint32_t> ordinals_;
  std::map<std::uint64_t, Call> calls_;
  std::vector<message::RecordedActivity> riders_;
  bool ended_ = false;
};

} // namespace

caf::actor spawn_agent(caf::event_based_actor* host, Context context, Assignment assignment,
                       std::shared_ptr<agent::Agent> agent) {
  return host->spawn<AgentShell>(std::move(context), std::move(assignment), std::move(agent),
                                 handle_of(host));
}

} // namespace troupe::actors
