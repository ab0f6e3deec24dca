#include "actors/link.hpp"

#include <cstdint>

#include "runtime/log.hpp"
#include "runtime/message/codec.hpp"
#include "runtime/message/wire_check.hpp"

namespace troupe::actors {
namespace {

Entropy& entropy() {
  thread_local SystemEntropy instance;
  return instance;
}

/// The last token of a subject is its sender.
std::string sender_of(std::string_view subject) {
  return std::string{subject.substr(subject.rfind('.') + 1)};
}

/// "node-1" of "node-1/run": what the message says itself.
std::string_view node_in(std::string_view sender) { return sender.substr(0, sender.find('/')); }

/// Then only that node can answer; where several hear a question, any of them.
bool asks_one_node(std::string_view verb) {
  return verb == "task" || verb == "ctl" || verb == "run";
}

/// W3C Trace Context: the run is the trace, the attempt its span. Empty for what belongs to no run.
std::string traceparent(const message::Context& context) {
  if (!context.run) return {};
  constexpr char digits[] = "0123456789abcdef";
  std::string text = "00-" + to_string(context.run);
  std::erase(text, '-');
  text.insert(2, "-");
  text += "-0000000000000000-01";
  // A span of zeros is not allowed.
  auto at = text.size() - 4;
  for (auto span = std::uint64_t{context.attempt} + 1; span > 0; span >>= 4)
    text[at--] = digits[span & 15];
  return text;
}

/// What came: as it is, or read.
Result<message::AgentMessage> unpack(const ports::BusMessage& raw) {
  if (raw.handed) return std::move(*raw.handed);
  return message::decode(raw.payload);
}

} // namespace

Link::Link(ports::Bus& bus, std::string cluster, std::string node)
    : bus_{bus},
      cluster_{std::move(cluster)},
      node_{std::move(node)},
      unreadable_{std::make_shared<std::atomic<std::uint64_t>>(0)} {}

std::uint64_t Link::unreadable() const { return *unreadable_; }

message::AgentMessage Link::make(std::string_view from_actor, std::string to,
                                 message::Context context, message::Body body) const {
  message::AgentMessage out;
  out.timestamp = SystemClock{}.now();
  out.id = entropy().make_id<MessageId>(out.timestamp);
  out.sender = node_ + '/' + std::string{from_actor};
  out.recipient = std::move(to);
  out.trace = traceparent(context);
  out.context = std::move(context);
  out.body = std::move(body);
  return out;
}

std::string Link::subject(std::string_view verb, std::string_view recipient) const {
  std::string text = "troupe.";
  text.append(cluster_).append(".").append(verb).append(".").append(recipient).append(".").append(
      node_);
  return text;
}

ports::BusMessage Link::pack(std::string subject, message::AgentMessage message) const {
  ports::BusMessage out;
  out.subject = std::move(subject);
  if (bus_.hands_over(out.subject) && message::survives_the_wire(message)) {
    out.handed = std::make_shared<message::AgentMessage>(std::move(message));
    return out;
  }
  out.headers.reserve(5);
  out.headers.emplace_back("Nats-Msg-Id", to_string(message.id));
  if (!message.trace.empty()) out.headers.emplace_back("traceparent", message.trace);
  if (message.context.epoch > 0)
    out.headers.emplace_back("troupe-epoch", std::to_string(message.context.epoch));
  if (message.context.attempt > 0)
    out.headers.emplace_back("troupe-attempt", std::to_string(message.context.attempt));
  if (message.deadline) out.headers.emplace_back("troupe-deadline", to_iso8601(*message.deadline));
  out.payload = message::encode(message);
  return out;
}

Result<> Link::publish(std::string_view verb, std::string_view recipient,
                       message::AgentMessage message) const {
  return bus_.publish(pack(subject(verb, recipient), std::move(message)));
}

void Link::ask(std::string_view verb, std::string_view recipient, message::AgentMessage message,
               Millis timeout, Answer answer) const {
  bus_.request(pack(subject(verb, recipient), std::move(message)), timeout,
               [answer = std::move(answer),
                asked = std::string{asks_one_node(verb) ? recipient : std::string_view{}}](
                   const Result<ports::BusMessage>& reply) {
                 if (!reply) return answer(reply.error());
                 auto decoded = unpack(*reply);
                 if (decoded && !asked.empty() && node_in(decoded->sender) != asked)
                   return answer(make_error(
                       ErrorClass::invalid_input,
                       asked + " was asked, and " + decoded->sender + " is said to answer"));
                 answer(std::move(decoded));
               });
}

message::AgentMessage Link::complete(message::Outgoing& out, std::string_view from_actor) const {
  auto message = make(from_actor, std::move(out.to), std::move(out.context), std::move(out.body));
  message.priority = out.priority;
  message.deadline = out.deadline;
  return message;
}

Result<> Link::publish(message::Outgoing out, std::string_view from_actor) const {
  return publish(out.verb, out.recipient, complete(out, from_actor));
}

void Link::ask(message::Outgoing out, Millis timeout, std::string_view from_actor,
               Answer answer) const {
  ask(out.verb, out.recipient, complete(out, from_actor), timeout, std::move(answer));
}

Result<> Link::answer(const std::string& reply_to, message::AgentMessage message) const {
  if (reply_to.empty()) return {};
  return bus_.publish(pack(reply_to, std::move(message)));
}

ports::BusMessage Link::plain(std::string_view verb, std::string_view recipient,
                              std::string_view content_type, std::string payload) const {
  return {subject(verb, recipient),
          {},
          {{"Content-Type", std::string{content_type}}},
          std::move(payload)};
}

Result<> Link::emit(std::string_view verb, std::string_view recipient,
                    std::string_view content_type, std::string payload) const {
  return bus_.publish(plain(verb, recipient, content_type, std::move(payload)));
}

void Link::emit_asking(std::string_view verb, std::string_view recipient,
                       std::string_view content_type, std::string payload,
                       std::function<void(bool)> heard) const {
  // A subscriber does not answer. That nobody is there is said at once.
  bus_.request(plain(verb, recipient, content_type, std::move(payload)), Millis{500},
               [heard = std::move(heard)](const Result<ports::BusMessage>& answer) {
                 heard(answer || answer.error().error_class == ErrorClass::timeout);
               });
}

Result<std::unique_ptr<ports::BusSubscription>> Link::listen(std::string_view verb,
                                                             std::string_view recipient,
                                                             const std::string& queue_group,
                                                             Handler handler) const {
  return bus_.subscribe(pattern(verb, recipient), queue_group,
                        [this, handler = std::move(handler)](ports::BusMessage raw) {
                          const std::string from = sender_of(raw.subject);
                          auto checked = check(raw, from);
                          if (checked)
                            handler(std::move(*checked), std::move(raw.reply_to), from);
                          else
                            refuse(raw, from, checked.error().message);
                        });
}

Result<message::AgentMessage> Link::check(const ports::BusMessage& raw,
                                          std::string_view from) const {
  auto decoded = unpack(raw);
  if (!decoded)
    return make_error(ErrorClass::invalid_input, "unreadable: " + decoded.error().message);
  if (node_in(decoded->sender) != from)
    return make_error(ErrorClass::denied,
                      "sent by " + std::string{from} + " in the name of " + decoded->sender);
  if (!raw.reply_to.empty() && !may_reply(from, raw.reply_to))
    return make_error(ErrorClass::denied, "an answer is wanted at " + raw.reply_to +
                                              ", which is not below " + ports::inbox_of(from));
  return decoded;
}

/// Elsewhere we would send, under our name, where `from` may not.
bool Link::may_reply(std::string_view from, std::string_view reply_to) const {
  return reply_to.starts_with(ports::inbox_of(from) + '.') ||
         (from == node_ && reply_to.starts_with(ports::handover_inbox));
}

void Link::refuse(const ports::BusMessage& raw, const std::string& from,
                  const std::string& why) const {
  ++*unreadable_;
  log::warn("bus.refused", {{"actor", "bus_bridge"}, {"subject", raw.subject}, {"fault", why}});
  if (raw.reply_to.empty() || !may_reply(from, raw.reply_to)) return;
  if (const auto sent = answer(raw.reply_to, make("bus", from + "/-", {}, message::NotHere{why}));
      !sent)
    log::debug("bus.refusal_not_sent",
               {{"actor", "bus_bridge"}, {"to", from}, {"reason", sent.error().message}});
}

std::string Link::pattern(std::string_view verb, std::string_view recipient) const {
  std::string text = "troupe.";
  return text.append(cluster_).append(".").append(verb).append(".").append(recipient).append(".*");
}

Result<std::unique_ptr<ports::BusSubscription>> Link::serve(
    const std::string& pattern,
    std::function<std::vector<std::string>(std::string_view subject)> answers) const {
  return bus_.subscribe(pattern, "", [this, answers = std::move(answers)](ports::BusMessage raw) {
    // Anybody may ask, but not have this node speak to another under its own name.
    const bool is_ours = raw.reply_to.starts_with("troupe.") || raw.reply_to.starts_with('$');
    if (raw.reply_to.empty() || is_ours || raw.reply_to.starts_with(ports::handover_inbox)) return;
    for (auto& text : answers(raw.subject))
      if (const auto sent = bus_.publish({raw.reply_to, {}, {}, std::move(text)}); !sent)
        log::debug(
            "bus.answer_not_sent",
            {{"actor", "bus_bridge"}, {"subject", raw.subject}, {"reason", sent.error().message}});
  });
}

} // namespace troupe::actors
