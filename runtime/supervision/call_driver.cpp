#include "runtime/supervision/call_driver.hpp"

#include <algorithm>

#include "runtime/hash.hpp"
#include "runtime/limits.hpp"

namespace troupe::supervision {
namespace {

using namespace std::chrono_literals;

/// A call that nobody grants is given up after so long: whoever asked has stopped waiting.
constexpr Millis grant_wait_max = 60s;
constexpr std::size_t epochs_kept_max = 10'000; // by run; the oldest ids go first

const message::ToolCall& call_in(const agent::Asked& asked) {
  return std::get<message::ToolCall>(asked.message.body);
}

} // namespace

std::string idempotency_key(const message::Context& context, const message::ActivityKey& key) {
  return sha256_hex(to_string(context.run) + '/' + context.step + '/' +
                    std::to_string(context.iteration) + (key.undo ? "/undo/" : "/do/") + key.tool +
                    '/' + std::to_string(key.ordinal));
}

std::string ServedCall::idempotency_key() const {
  return supervision::idempotency_key(asked.message.context, call.key);
}

void CallDriver::attach(CallPort& port) {
  port_ = &port;
  for (const auto& [number, call] : calls_) port_->ask_later(number, Millis{0});
}

// ---- taking a call

bool CallDriver::join(const agent::Asked& asked) {
  const auto& context = asked.message.context;
  for (auto& [number, call] : calls_) {
    const auto& known = call.asked.message.context;
    if (known.run != context.run || known.step != context.step ||
        known.attempt != context.attempt || call.call.key != call_in(asked).key)
      continue;
    call.asked = asked;
    return true;
  }
  return false;
}

void CallDriver::begin(agent::Asked asked, ToolTraits traits, Moment now) {
  const auto number = ++last_;
  ServedCall& call = calls_[number];
  call.call = call_in(asked);
  call.asked = std::move(asked);
  call.traits = std::move(traits);
  call.digest = digest(call.call.arguments);
  call.owner_node = call.call.owner_node;
  call.started = now.monotonic;
  if (call.traits.pure) return act(number, call);
  new_nonce(call, now);
  reserve(number, call, now);
}

// ---- first beat: reserve

void CallDriver::new_nonce(ServedCall& call, Moment now) {
  nonce_date_ = std::max(now.date, nonce_date_ + Millis{1}); // they rise, whatever the date does
  call.nonce = entropy_.make_id<NonceId>(nonce_date_);
  call.nonce_sent = now.monotonic;
}

/// A grant counts from the first sending of its reserve; a repetition does not extend it.
bool CallDriver::lapsed(const ServedCall& call, Moment now) const {
  return rules_.grant_expires && now.monotonic - call.nonce_sent >= limits::grant_period;
}

void CallDriver::reserve(CallNumber number, ServedCall& call, Moment now) {
  if (lapsed(call, now)) new_nonce(call, now); // says: did not act under the old one, never shall
  ask_owner(number, call,
            message::ActivityReserve{call.call.key, call.digest, call.call.arguments,
                                     call.traits.effect, call.traits.risk, call.nonce, process_,
                                     call.call.riders, call.traits.reconcile});
}

void CallDriver::ask_owner(CallNumber number, const ServedCall& call, message::Body body) {
  port_->ask_owner(number, {"run", call.owner_node, call.owner_node + "/run",
                            call.asked.message.context, std::move(body)});
}

void CallDriver::owner_answered(CallNumber number, const Result<message::AgentMessage>& answer,
                                Moment now) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) return;
  ServedCall& call = found->second;
  if (!answer) {
    if (answer.error().error_class == ErrorClass::agent_down) return ask_whois(number, call);
    return ask_later(number);
  }
  const bool old = stale(call, answer->context.epoch);
  std::visit(Overloaded{
                 [&](const message::ActivityGranted& granted) {
                   this->granted(number, call, granted, old, now);
                 },
                 [&](const message::ActivitySettled& settled) {
                   this->answer(call, settled.outcome, true);
                   calls_.erase(found);
                 },
                 [&](const message::ActivityRefused& refused) {
                   if (call.state != ServedCall::State::reserving || refused.nonce != call.nonce)
                     return;
                   if (old) return ask_later(number);
                   fail(number, call, refused.error);
                 },
                 [&](const message::ActivityDiscarded& discarded) {
                   if (old) return ask_later(number);
                   this->discarded(number, call, discarded);
                 },
                 [&](const message::NotHere&) { ask_whois(number, call); },
                 [&](const auto&) { ask_later(number); },
             },
             answer->body);
}

void CallDriver::owner_found(CallNumber number, const Result<message::AgentMessage>& answer) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) return;
  if (answer) found->second.owner_node = agent::owner_in(*answer);
  ask_later(number);
}

/// Commands of an owner whose epoch was superseded are ignored.
bool CallDriver::stale(const ServedCall& call, Epoch epoch) {
  auto& highest = epochs_[call.asked.message.context.run];
  if (epochs_.size() > epochs_kept_max) epochs_.erase(epochs_.begin());
  if (epoch != 0 && epoch < highest) return rules_.command_of_old_epoch_ignored;
  highest = std::max(highest, epoch);
  return false;
}

void CallDriver::discarded(CallNumber number, ServedCall& call,
                           const message::ActivityDiscarded& why) {
  if (call.state == ServedCall::State::acting)
    return; // its outcome is offered to the owner all the same
  auto context = call.asked.message.context;
  context.epoch = 0;
  port_->answer(call.asked, std::move(context), why);
  // The owner may hold a grant that never arrived: it must not wait for it.
  if (call.state == ServedCall::State::reserving) return give_up(number, call, why.reason);
  calls_.erase(number);
}

/// One grant at least may have been given, and lost on its way.
void CallDriver::time_out(CallNumber number, ServedCall& call) {
  const auto error =
      make_error(ErrorClass::timeout, "no grant within " + format_duration(grant_wait_max));
  answer(call, {JsonText{}, error}, true);
  give_up(number, call, error.message);
}

void CallDriver::give_up(CallNumber number, ServedCall& call, std::string why) {
  call.state = ServedCall::State::settling;
  call.not_done = true;
  call.outcome.error = make_error(ErrorClass::cancelled, std::move(why));
  settle(number, call);
}

std::optional<CallNumber> CallDriver::cancel(const message::Context& context,
                                             const message::ActivityKey& key) {
  for (auto& [number, call] : calls_) {
    const auto& known = call.asked.message.context;
    if (known.run != context.run || known.attempt != context.attempt || call.call.key != key)
      continue;
    if (call.state == ServedCall::State::acting) return number;
    if (call.state == ServedCall::State::reserving)
      give_up(number, call, "the attempt was cancelled before it acted");
    return std::nullopt;
  }
  return std::nullopt;
}

void CallDriver::hand_over() {
  constexpr auto why = "the node is draining";
  for (auto& [number, call] : calls_) {
    if (call.state != ServedCall::State::reserving) continue;
    refuse(call.asked, make_error(ErrorClass::no_capacity, why));
    give_up(number, call, why);
  }
}

// ---- second beat: act

void CallDriver::granted(CallNumber number, ServedCall& call, const message::ActivityGranted& grant,
                         bool old, Moment now) {
  if (call.state != ServedCall::State::reserving || grant.nonce != call.nonce) return;
  if (old || lapsed(call, now)) return ask_later(number);
  act(number, call); // the check above is the last thing before
}

void CallDriver::act(CallNumber number, ServedCall& call) {
  call.state = ServedCall::State::acting;
  port_->act(number, call);
}

// ---- third beat: settle

void CallDriver::acted(CallNumber number, const Result<JsonText>& result,
                       std::uint32_t duration_ms) {
  const auto found = calls_.find(number);
  if (found == calls_.end() || found->second.state != ServedCall::State::acting) return;
  ServedCall& call = found->second;
  if (result)
    call.outcome.output = *result;
  else
    call.outcome.error = result.error();
  call.duration_ms = duration_ms;
  if (!call.traits.pure) {
    call.state = ServedCall::State::settling;
    return settle(number, call);
  }
  answer(call, call.outcome, false);
  calls_.erase(found);
}

void CallDriver::settle(CallNumber number, const ServedCall& call) {
  ask_owner(number, call,
            message::ActivitySettle{call.call.key, call.nonce, call.outcome, call.duration_ms,
                                    call.not_done});
}

void CallDriver::resume(CallNumber number, Moment now) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) return;
  ServedCall& call = found->second;
  switch (call.state) {
    case ServedCall::State::acting: return; // acted() comes
    case ServedCall::State::settling:
      if (call.not_done && now.monotonic - call.started > 2 * grant_wait_max) {
        calls_.erase(found); // nobody waits for word of what was not done
        return;
      }
      return settle(number, call);
    case ServedCall::State::reserving:
      if (now.monotonic - call.started > grant_wait_max) return time_out(number, call);
      return reserve(number, call, now);
  }
}

void CallDriver::ask_later(CallNumber number) { port_->ask_later(number, limits::repeat_interval); }

void CallDriver::ask_whois(CallNumber number, const ServedCall& call) {
  port_->ask_whois(
      number, {"whois", "any", "any/orchestrator", call.asked.message.context, message::WhoIs{}});
}

// ---- answering the agent

void CallDriver::answer(const ServedCall& call, message::ActivityOutcome outcome, bool recorded) {
  auto context = call.asked.message.context;
  context.epoch = 0;
  port_->answer(call.asked, std::move(context),
                message::ToolResult{call.call.key, std::move(outcome), call.digest, recorded,
                                    call.duration_ms});
}

/// An error that is no outcome of an activity: nothing is in the ledger for it.
void CallDriver::fail(CallNumber number, const ServedCall& call, const Error& error) {
  answer(call, {JsonText{}, error}, true);
  calls_.erase(number);
}

void CallDriver::refuse(const agent::Asked& asked, Error error) {
  // No capacity is asked again, not kept.
  const bool recorded = error.error_class == ErrorClass::no_capacity;
  port_->answer(
      asked, asked.message.context,
      message::ToolResult{call_in(asked).key, {JsonText{}, std::move(error)}, {}, recorded, 0});
}

} // namespace troupe::supervision
