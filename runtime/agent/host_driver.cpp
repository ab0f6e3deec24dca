#include "runtime/agent/host_driver.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "runtime/json_value.hpp"
#include "runtime/limits.hpp"

namespace troupe::agent {
namespace {

/// An assignment is answered by the end of the attempt itself if that comes within one to two of
/// these: a short task costs one request.
constexpr Millis accept_interval{5};

constexpr std::size_t epochs_kept_max = 10'000; // by run; the oldest ids go first

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

} // namespace

std::string owner_in(const message::AgentMessage& whois_answer) {
  if (const auto* here = std::get_if<message::Here>(&whois_answer.body)) return here->node;
  return whois_answer.sender.substr(0, whois_answer.sender.find('/'));
}

// ---- what owners ask

void HostDriver::receive(Asked asked, bool draining) {
  const auto meant = incarnation_in(asked.message.recipient);
  if (meant && *meant != process_)
    return port_.answer(asked, message::NotHere{"this node was started anew"});
  const auto& context = asked.message.context;
  auto& seen = epochs_[context.run];
  if (context.epoch < seen)
    return port_.answer(asked, message::NotHere{"an owner of a later epoch has the run"});
  seen = context.epoch;
  if (epochs_.size() > epochs_kept_max) epochs_.erase(epochs_.begin());
  std::visit(Overloaded{
                 [&](message::TaskAssigned& task) { assigned(asked, task, draining); },
                 [&](const message::TaskStatus&) { status(asked); },
                 [&](const message::TaskCancel& cancel) { this->cancel(asked, cancel); },
                 [&](const message::TaskAcknowledged&) { acknowledged(context); },
                 [&](const auto&) {
                   port_.answer(asked, message::NotHere{"not a message for an agent host"});
                 },
             },
             asked.message.body);
}

void HostDriver::assigned(Asked& asked, message::TaskAssigned& task, bool draining) {
  if (find(asked.message.context) != attempts_.end()) return status(asked); // repeated
  const auto refuse = [&](std::string why) {
    port_.answer(asked, message::TaskRefused{make_error(ErrorClass::no_capacity, std::move(why))});
  };
  if (draining) return refuse("the node is draining");
  if (free_slots() == 0) return refuse("all slots are taken");

  Assignment assignment{asked.message.context, std::move(task), asked.from, ""};
  assignment.job = job_of(assignment.task.context);
  const auto number = ++last_number_;
  const auto attempt =
      attempts_.emplace(number, Attempt{asked.message.context, asked.from, {}, {}}).first;
  numbers_[{asked.message.context.run, asked.message.context.attempt}] = number;
  if (const auto started = port_.start(number, std::move(assignment)); !started) {
    forget(attempt);
    return port_.answer(asked, message::TaskFailed{started.error(), std::nullopt, {}});
  }
  attempt->second.assignment = std::move(asked);
  wait(HostTimer::accept, number);
}

void HostDriver::accept(Attempt& attempt) {
  if (attempt.assignment) port_.answer(*attempt.assignment, message::TaskAccepted{process_});
  attempt.assignment.reset();
}

void HostDriver::status(const Asked& asked) {
  const auto found = find(asked.message.context);
  if (found == attempts_.end())
    return port_.answer(asked, message::NotHere{"no such attempt on this node"});
  auto& attempt = found->second;
  // Whoever asks under the highest epoch owns the run now.
  const bool news =
      attempt.owner_node != asked.from || attempt.context.epoch != asked.message.context.epoch;
  attempt.owner_node = asked.from;
  attempt.context.epoch = asked.message.context.epoch;
  if (news && !attempt.end) port_.owner_is(found->first, asked.from, attempt.context.epoch);
  if (attempt.end) return port_.answer(asked, *attempt.end);
  port_.answer(asked, message::TaskAccepted{process_});
}

void HostDriver::cancel(const Asked& asked, const message::TaskCancel& cancel) {
  const auto& context = asked.message.context;
  port_.answer(asked, message::TaskAcknowledged{});
  const auto stop = [&](AttemptNumber attempt) {
    const auto found = find(context.run, attempt);
    if (found != attempts_.end() && !found->second.end) port_.stop(found->first, cancel.reason);
  };
  if (cancel.attempts.empty()) return stop(context.attempt);
  for (const auto attempt : cancel.attempts) stop(attempt);
}

void HostDriver::hand_over() {
  for (const auto& [number, attempt] : attempts_)
    if (!attempt.end) port_.hand_over(number);
}

// ---- how attempts end

void HostDriver::ended(std::uint64_t number, message::Body end) {
  const auto found = attempts_.find(number);
  if (found == attempts_.end() || found->second.end) return;
  auto& attempt = found->second;
  attempt.end = std::move(end);
  if (!attempt.assignment) return deliver(number, attempt);
  port_.answer(*attempt.assignment, *attempt.end);
  attempt.assignment.reset();
  wait(HostTimer::deliver, number); // the answer, or its acknowledgement, may be lost
}

/// What an owner says without being asked: it has taken an end that came as an answer.
void HostDriver::acknowledged(const message::Context& context) {
  if (const auto found = find(context); found != attempts_.end() && found->second.end)
    forget(found);
}

void HostDriver::forget(Attempts::iterator attempt) {
  const auto& context = attempt->second.context;
  numbers_.erase({context.run, context.attempt});
  attempts_.erase(attempt);
}

// ---- timers

void HostDriver::wait(HostTimer which, std::uint64_t number) {
  auto& waiting = waiting_[which];
  waiting.next.push_back(number);
  if (!std::exchange(waiting.ringing, true)) ring(which);
}

void HostDriver::ring(HostTimer which) {
  port_.ring(which, which == HostTimer::accept ? accept_interval : limits::repeat_interval);
}

void HostDriver::rang(HostTimer which) {
  auto& waiting = waiting_[which];
  const auto due = std::exchange(waiting.last, std::exchange(waiting.next, {}));
  waiting.ringing = !waiting.last.empty();
  if (waiting.ringing) ring(which);
  for (const auto number : due) {
    const auto found = attempts_.find(number);
    if (found == attempts_.end()) continue;
    which == HostTimer::accept ? accept(found->second) : deliver(number, found->second);
  }
}

void HostDriver::deliver(std::uint64_t number, const Attempt& attempt) {
  port_.deliver(number, {"run", attempt.owner_node, attempt.owner_node + "/run", attempt.context,
                         *attempt.end});
}

void HostDriver::delivered(std::uint64_t number, const Result<message::AgentMessage>& answer) {
  const auto found = attempts_.find(number);
  if (found == attempts_.end()) return;
  const auto is = [&](auto what) {
    return answer && std::holds_alternative<decltype(what)>(answer->body);
  };
  // Commands of an owner whose epoch was superseded are ignored.
  const bool stale = answer && answer->context.epoch != 0 &&
                     answer->context.epoch < epochs_[found->second.context.run];
  if (is(message::TaskAcknowledged{}) || (is(message::TaskDiscarded{}) && !stale))
    return forget(found);
  const bool elsewhere =
      answer ? is(message::NotHere{}) : answer.error().error_class == ErrorClass::agent_down;
  if (!elsewhere) return wait(HostTimer::deliver, number);
  port_.ask_whois(number,
                  {"whois", "any", "any/orchestrator", found->second.context, message::WhoIs{}});
}

void HostDriver::owner_found(std::uint64_t number, const Result<message::AgentMessage>& answer) {
  const auto found = attempts_.find(number);
  if (found == attempts_.end()) return;
  if (answer) found->second.owner_node = owner_in(*answer);
  wait(HostTimer::deliver, number);
}

HostDriver::Attempts::iterator HostDriver::find(const message::Context& context) {
  return find(context.run, context.attempt);
}

HostDriver::Attempts::iterator HostDriver::find(RunId run, AttemptNumber attempt) {
  const auto number = numbers_.find({run, attempt});
  return number != numbers_.end() ? attempts_.find(number->second) : attempts_.end();
}

std::uint32_t HostDriver::free_slots() const {
  const auto taken = static_cast<std::uint32_t>(attempts_.size());
  return slots_ - std::min(taken, slots_);
}

} // namespace troupe::agent
