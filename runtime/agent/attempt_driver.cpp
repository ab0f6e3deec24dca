#include "runtime/agent/attempt_driver.hpp"

#include <algorithm>

#include "runtime/agent/allowed_tools.hpp"
#include "runtime/hash.hpp"
#include "runtime/limits.hpp"

namespace troupe::agent {
namespace {

/// So long may nobody listen for a tool; then its call has failed. What has no capacity now, and a
/// link that is down, is waited for as long as the attempt may take.
constexpr auto unserved_max = std::chrono::seconds{30};
/// On top of a tool's own timeout: reserving, waiting for an earlier grant to lapse, settling.
constexpr auto call_overhead = limits::grant_period + limits::grant_margin + limits::lease_period;
constexpr auto foreign_tool_timeout =
    std::chrono::seconds{120}; // of a tool that this node does not serve
/// Whoever took such a call may be dead: it is asked again, which a living one takes for the same
/// call, and another server learns from the owner what became of it. So late, that one who has to
/// wait for the grant of the first does not give up before the call does.
constexpr Millis foreign_ask_timeout = std::chrono::seconds{75};
static_assert(foreign_ask_timeout + std::chrono::seconds{60} >=
              foreign_tool_timeout + call_overhead);

std::string toolkit_of(const std::string& tool) { return tool.substr(0, tool.find('.')); }

} // namespace

AttemptDriver::AttemptDriver(Assignment assignment, std::shared_ptr<Agent> agent, std::string node,
                             AttemptPort& port)
    : assignment_{std::move(assignment)},
      agent_{std::move(agent)},
      node_{std::move(node)},
      port_{port} {}

void AttemptDriver::start(Moment now) { feed(Started{}, now); }

void AttemptDriver::timer_rang(std::uint64_t timer, Moment now) { feed(TimerFired{timer}, now); }

void AttemptDriver::stop() {
  for (const auto& [number, call] : calls_)
    port_.report({"tool", call.cancel_at, call.cancel_at + "/tool_server", assignment_.context,
                  message::ToolCancel{call.key}});
  end(message::TaskCancelled{std::move(riders_)});
}

void AttemptDriver::owner_is(const std::string& node, Epoch epoch) {
  assignment_.owner_node = node;
  assignment_.context.epoch = epoch;
}

void AttemptDriver::hand_over() {
  end(message::TaskFailed{make_error(ErrorClass::agent_down, "node " + node_ + " is draining"),
                          std::nullopt, std::move(riders_), true});
}

/// Tells the agent what happened, and then, in order, the answers that its actions find recorded.
void AttemptDriver::feed(Event event, Moment now) {
  replayed_.push_back(std::move(event));
  if (std::exchange(feeding_, true)) return;
  while (!replayed_.empty() && !ended_) {
    const Event next = std::move(replayed_.front());
    replayed_.pop_front();
    for (auto& action : agent_->on(next, now.date))
      std::visit(
          Overloaded{
              [&](CallTool& what) { perform(what, now); },
              [&](SetTimer& what) { port_.set_timer(what.timer, what.after); },
              [&](Report& what) {
                port_.report(to_owner(
                    message::TaskProgress{std::move(what.note), std::move(what.progress)}));
              },
              [&](Complete& what) {
                end(message::TaskCompleted{std::move(what.output), std::move(riders_)});
              },
              [&](Fail& what) {
                const auto pause = what.error.retry_after_ms;
                end(message::TaskFailed{std::move(what.error), pause, std::move(riders_), false});
              },
          },
          action);
  }
  feeding_ = false;
}

void AttemptDriver::perform(CallTool& action, Moment now) {
  Call call;
  call.key = {false, action.tool, ordinals_[action.tool]++};
  call.arguments = std::move(action.arguments);
  call.digest = digest(call.arguments);
  if (auto outcome = known_outcome(call))
    return feed(ToolAnswered{action.call, std::move(*outcome)}, now);
  call.first_asked = now.monotonic;
  calls_[action.call] = std::move(call);
  ask(action.call, now);
}

/// What needs nobody: a call that is not allowed, or is recorded.
std::optional<message::ActivityOutcome> AttemptDriver::known_outcome(const Call& call) const {
  const auto& role = assignment_.task.role;
  if (!allows(role.tools, call.key.tool))
    return message::ActivityOutcome{
        {}, make_error(ErrorClass::denied, "role " + role.role + " may not call " + call.key.tool)};
  for (const auto& recorded : assignment_.task.recorded)
    if (recorded.key == call.key && recorded.digest == call.digest) return recorded.outcome;
  return std::nullopt;
}

message::Outgoing AttemptDriver::to_owner(message::Body body) const {
  return {"run", assignment_.owner_node, assignment_.owner_node + "/run", assignment_.context,
          std::move(body)};
}

void AttemptDriver::ask(std::uint64_t number, Moment now) {
  Call& call = calls_.at(number);
  call.asked_at = now.monotonic;
  const std::string toolkit = toolkit_of(call.key.tool);
  const auto here = port_.served_here(call.key.tool);
  const std::string recipient = here ? toolkit + "-at-" + node_ : toolkit;
  call.cancel_at = here ? recipient : toolkit + "-all";
  call.timeout = (here ? here->timeout : Millis{foreign_tool_timeout}) + call_overhead;
  call.ask_timeout = here ? call.timeout : std::min(call.timeout, foreign_ask_timeout);
  // What rides along is recorded with the next reserve; a pure call makes none.
  const bool reserves = !here || !here->pure;
  port_.call_tool(
      number,
      {"tool", recipient, recipient + "/tool_server", assignment_.context,
       message::ToolCall{call.key, call.arguments, assignment_.job, assignment_.owner_node,
                         reserves ? riders_ : std::vector<message::RecordedActivity>{},
                         assignment_.task.artifacts}},
      call.ask_timeout);
}

void AttemptDriver::call_due(std::uint64_t call, Moment now) {
  if (!ended_ && calls_.contains(call)) ask(call, now);
}

void AttemptDriver::answered(std::uint64_t number, Result<message::AgentMessage> answer,
                             Moment now) {
  const auto found = calls_.find(number);
  if (found == calls_.end() || ended_) return;
  Call& call = found->second;
  if (!answer) return unserved(number, call, answer.error(), now);
  if (std::holds_alternative<message::ActivityDiscarded>(answer->body))
    return stop(); // the attempt is superseded: nobody waits for it
  auto* result = std::get_if<message::ToolResult>(&answer->body);
  if (result == nullptr)
    return unserved(number, call,
                    make_error(ErrorClass::no_capacity, "the tool server did not understand"), now);
  if (result->outcome.error && result->outcome.error->error_class == ErrorClass::no_capacity)
    return unserved(number, call, *result->outcome.error, now);
  if (!result->recorded)
    riders_.push_back(
        {call.key, call.digest, call.arguments, result->outcome, result->duration_ms});
  this->answer(number, std::move(result->outcome), now);
}

/// Nobody took the call, or nobody can tell: the same key makes asking again safe.
void AttemptDriver::unserved(std::uint64_t number, Call& call, const Error& error, Moment now) {
  const bool nobody = error.error_class == ErrorClass::agent_down;
  if (error.error_class != ErrorClass::timeout) call.first_asked = now.monotonic; // nobody has it
  if (!nobody)
    call.unserved_since.reset();
  else if (!call.unserved_since)
    call.unserved_since = now.monotonic;
  // A timeout that comes early is the link, or a server elsewhere, that broke under the call.
  const bool early = error.error_class == ErrorClass::timeout &&
                     (now.monotonic - call.asked_at < call.ask_timeout ||
                      now.monotonic - call.first_asked < call.timeout);
  if (error.error_class == ErrorClass::no_capacity || early ||
      (nobody && now.monotonic - *call.unserved_since < unserved_max))
    return port_.call_later(number, limits::repeat_interval);
  message::ActivityOutcome outcome;
  outcome.error = make_error(
      error.error_class == ErrorClass::timeout ? ErrorClass::timeout : ErrorClass::tool_failed,
      call.key.tool + ": " + error.message);
  answer(number, std::move(outcome), now);
}

void AttemptDriver::answer(std::uint64_t number, message::ActivityOutcome outcome, Moment now) {
  calls_.erase(number);
  feed(ToolAnswered{number, std::move(outcome)}, now);
}

void AttemptDriver::end(message::Body body) {
  if (!std::exchange(ended_, true)) port_.end(std::move(body));
}

} // namespace troupe::agent
