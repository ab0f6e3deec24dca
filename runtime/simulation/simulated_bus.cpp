#include "runtime/simulation/simulated_bus.hpp"

#include "runtime/simulation/auditor.hpp"
#include "runtime/simulation/world.hpp"

namespace troupe::simulation {
namespace {

constexpr std::int64_t latency_max = 20, late_max = 6'000; // ms
constexpr Time no_responders{2};

message::AgentMessage complete(const Process& from, std::string_view actor,
                               const message::Outgoing& out) {
  message::AgentMessage message;
  message.sender = from.name() + '/' + std::string{actor};
  message.recipient = out.to;
  message.context = out.context;
  message.priority = out.priority;
  message.timestamp = from.date();
  message.deadline = out.deadline;
  message.body = out.body;
  return message;
}

std::string describe(const std::string& from, const std::string& to,
                     const message::AgentMessage& message) {
  std::string text = from + " -> " + to + ": " + std::string{message::type_name(message.body)};
  const auto& context = message.context;
  if (!context.step.empty()) text += ' ' + context.step;
  if (context.attempt > 0) text += " #" + std::to_string(context.attempt);
  if (context.epoch > 0) text += " epoch " + std::to_string(context.epoch);
  return text;
}

bool is_heartbeat(const message::Body& body) {
  return std::holds_alternative<message::NodeHeartbeat>(body);
}

} // namespace

Time SimulatedBus::delay() {
  const bool late = world_.chance(world_.scenario().faults.late);
  return Time{1 + world_.below(late ? late_max : latency_max)};
}

/// The processes that a subject reaches: one of a queue group, the named one, or all.
std::vector<Process*> SimulatedBus::listeners(const std::string& verb,
                                              const std::string& recipient) {
  std::vector<Process*> all;
  for (const auto& process : world_.processes())
    if (process->alive() && process->link_up() && process->hears(verb, recipient))
      all.push_back(process.get());
  const bool group = verb == "whois" || (verb == "tool" && !recipient.ends_with("-all"));
  if (!group || all.size() < 2) return all;
  return {all[static_cast<std::size_t>(world_.below(static_cast<std::int64_t>(all.size())))]};
}

void SimulatedBus::deliver(Process& to, const std::string& verb, agent::Asked asked) {
  const auto& faults = world_.scenario().faults;
  const unsigned life = to.life();
  const int copies = world_.chance(faults.lost) ? 0 : world_.chance(faults.doubled) ? 2 : 1;
  if (copies == 0 && world_.traced() && !is_heartbeat(asked.message.body))
    world_.trace("LOST " + describe(asked.from, to.name(), asked.message));
  for (int copy = 0; copy < copies; ++copy)
    world_.agenda().after(delay(), [this, &to, life, verb, asked] {
      if (!to.alive() || to.life() != life || !to.link_up()) return;
      if (is_heartbeat(asked.message.body)) world_.auditor().heard(to, asked);
      to.post(life, Time{0}, [this, &to, verb, asked] {
        if (world_.traced() && !is_heartbeat(asked.message.body))
          world_.trace(describe(asked.from, to.name(), asked.message));
        to.receive(verb, asked);
      });
    });
}

bool SimulatedBus::publish(Process& from, std::string_view actor, const message::Outgoing& out) {
  if (!from.link_up()) return false;
  const auto message = complete(from, actor, out);
  world_.auditor().sent(from, message);
  for (auto* to : listeners(out.verb, out.recipient))
    deliver(*to, out.verb, {message, "", from.name()});
  return true;
}

void SimulatedBus::request(Process& from, std::string_view actor, const message::Outgoing& out,
                           Millis timeout, Reply reply) {
  const auto token = ++last_;
  pending_[token] = {&from, from.life(), std::move(reply)};
  const auto fail = [&](ErrorClass why, std::string text) {
    world_.agenda().after(no_responders, [this, token, error = make_error(why, std::move(text))] {
      conclude(token, error);
    });
  };
  if (!from.link_up()) return fail(ErrorClass::no_capacity, "the bus is down");
  const auto message = complete(from, actor, out);
  world_.auditor().sent(from, message);
  const auto to = listeners(out.verb, out.recipient);
  if (to.empty()) return fail(ErrorClass::agent_down, "nobody listens");
  for (auto* listener : to)
    deliver(*listener, out.verb, {message, std::to_string(token), from.name()});
  world_.agenda().after(timeout, [this, token] {
    conclude(token, make_error(ErrorClass::timeout, "no answer in time"));
  });
}

void SimulatedBus::answer(Process& from, std::string_view actor, const std::string& reply_to,
                          message::Context context, message::Body body) {
  if (reply_to.empty() || !from.link_up()) return;
  const auto message = complete(from, actor, {"", "", "", std::move(context), std::move(body)});
  world_.auditor().sent(from, message);
  if (world_.chance(world_.scenario().faults.lost)) {
    if (world_.traced()) world_.trace("LOST answer of " + describe(from.name(), "-", message));
    return;
  }
  world_.agenda().after(delay(), [this, token = std::stoull(reply_to), message] {
    const auto waits = pending_.find(token);
    if (waits == pending_.end() || !waits->second.from->link_up()) return;
    if (world_.traced())
      world_.trace(describe(message.sender, waits->second.from->name(), message) + " (answer)");
    conclude(token, message);
  });
}

void SimulatedBus::conclude(std::uint64_t token, Result<message::AgentMessage> result) {
  auto waits = pending_.extract(token);
  if (waits.empty()) return;
  auto& [from, life, reply] = waits.mapped();
  from->post(life, Time{0},
             [reply = std::move(reply), result = std::move(result)] { reply(result); });
}

void SimulatedBus::link_lost(Process& process) {
  std::vector<std::uint64_t> lost;
  for (const auto& [token, waits] : pending_)
    if (waits.from == &process) lost.push_back(token);
  for (const auto token : lost)
    conclude(token, make_error(ErrorClass::timeout, "the link was lost"));
}

} // namespace troupe::simulation
