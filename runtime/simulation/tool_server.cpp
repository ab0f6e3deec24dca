#include "runtime/simulation/tool_server.hpp"

#include "runtime/limits.hpp"
#include "runtime/simulation/auditor.hpp"
#include "runtime/simulation/simulated_bus.hpp"
#include "runtime/simulation/world.hpp"

namespace troupe::simulation {

using supervision::CallNumber;
using supervision::ServedCall;

AgentNode::ToolServer::ToolServer(AgentNode& node)
    : node_{node}, driver_{node.incarnation(), node.entropy(), node.world().rules()} {
  driver_.attach(*this);
}

void AgentNode::ToolServer::receive(agent::Asked asked, bool draining) {
  // One that acts has acted already: a tool of this world cannot be stopped.
  if (const auto* cancel = std::get_if<message::ToolCancel>(&asked.message.body)) {
    driver_.cancel(asked.message.context, cancel->key);
    return;
  }
  if (std::holds_alternative<message::ActivityReconcile>(asked.message.body))
    return reconcile(asked);
  const auto* call = std::get_if<message::ToolCall>(&asked.message.body);
  if (call == nullptr || driver_.join(asked)) return;
  const auto& tools = node_.world().scenario().tools;
  const auto tool = tools.find(call->key.tool);
  if (tool == tools.end())
    return driver_.refuse(asked, make_error(ErrorClass::invalid_input, "no such tool"));
  if (draining && asked.from != node_.name())
    return driver_.refuse(asked, make_error(ErrorClass::no_capacity, "the node is draining"));
  if (driver_.calls().size() >= limits::tool_calls_at_once_max)
    return driver_.refuse(asked, make_error(ErrorClass::no_capacity, "as many calls as it takes"));
  std::string effect = tool->second.effect;
  if (effect == "once" && !node_.world().rules().once_declared_as_once) effect = "idempotent";
  const auto toolkit = call->key.tool.substr(0, call->key.tool.find('.'));
  driver_.begin(std::move(asked),
                {effect == "pure", effect, "write", tool->second.reconciles ? toolkit : ""}, now());
}

/// The world remembers; now and then it is not asked in the right words.
void AgentNode::ToolServer::reconcile(const agent::Asked& asked) {
  auto& world = node_.world();
  const auto& question = std::get<message::ActivityReconcile>(asked.message.body);
  const auto& context = asked.message.context;
  message::ActivityReconciled found{question.key, "unknown", {}, "it cannot tell"};
  if (!world.coin(0.2)) {
    const bool happened =
        world.auditor().happened(context.run, {context.step, question.key, false, {}});
    found = {question.key, happened ? "happened" : "not_happened", {}, {}};
  }
  node_.boundary("before it tells what happened");
  world.bus().answer(node_, "tool_server", asked.reply_to, context, std::move(found));
}

/// The effect happens at once; how long the call takes afterwards is another matter.
void AgentNode::ToolServer::act(CallNumber number, const ServedCall& call) {
  node_.boundary("before it acts");
  auto& world = node_.world();
  const auto& habits = world.scenario().habits;
  const auto outcome = world.auditor().acts(node_, call, world.coin(habits.tool_fails));
  const Time takes{world.coin(habits.slow_tool) ? world.below(habits.slow_tool_max.count())
                                                : 1 + world.below(300)};
  node_.boundary("after it acted");
  node_.timer(takes, [this, number, outcome, takes] {
    driver_.acted(number, outcome, static_cast<std::uint32_t>(takes.count()));
  });
}

void AgentNode::ToolServer::ask_owner(CallNumber number, message::Outgoing message) {
  node_.boundary("before it asks an owner");
  node_.world().bus().request(node_, "tool_server", message, limits::assignment_answer_timeout,
                              [this, number](const Result<message::AgentMessage>& answer) {
                                owner_answered(number, answer);
                              });
  node_.boundary("after it asked an owner");
}

void AgentNode::ToolServer::owner_answered(CallNumber number,
                                           const Result<message::AgentMessage>& answer) {
  const auto state = [&] {
    const auto call = driver_.calls().find(number);
    return call == driver_.calls().end() ? std::nullopt : std::optional{call->second.state};
  };
  const auto before = state();
  driver_.owner_answered(number, answer, now());
  if (before && answer) node_.world().auditor().owner_answered(node_, *answer, before != state());
}

void AgentNode::ToolServer::ask_whois(CallNumber number, message::Outgoing message) {
  node_.world().bus().request(node_, "tool_server", message, limits::assignment_answer_timeout,
                              [this, number](const Result<message::AgentMessage>& answer) {
                                driver_.owner_found(number, answer);
                              });
}

void AgentNode::ToolServer::ask_later(CallNumber number, Millis after) {
  node_.timer(after, [this, number] { driver_.resume(number, now()); });
}

void AgentNode::ToolServer::answer(const agent::Asked& to, message::Context context,
                                   message::Body body) {
  if (std::holds_alternative<message::ActivityDiscarded>(body))
    for (const auto& [number, call] : driver_.calls())
      if (call.asked.reply_to == to.reply_to) node_.world().auditor().obeys_discard(call);
  node_.world().bus().answer(node_, "tool_server", to.reply_to, std::move(context),
                             std::move(body));
}

} // namespace troupe::simulation
