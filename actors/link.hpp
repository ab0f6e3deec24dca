// AgentMessages over the bus port: subjects, headers, encoding, which what stays in this process
// does without. One for each node, shared by its actors.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/message/agent_message.hpp"
#include "runtime/message/outgoing.hpp"
#include "runtime/ports/bus.hpp"
#include "runtime/result.hpp"

namespace troupe::actors {

/// Thread-safe; never blocks. A subject is troupe.<cluster>.<verb>.<recipient>.<sender>.
class Link {
 public:
  using Answer = std::function<void(Result<message::AgentMessage>)>;
  using Handler =
      std::function<void(message::AgentMessage message, std::string reply_to, std::string from)>;

  /// `bus` must outlive the link.
  Link(ports::Bus& bus, std::string cluster, std::string node);

  /// An envelope from an actor of this node. `to` is "node/actor".
  message::AgentMessage make(std::string_view from_actor, std::string to, message::Context context,
                             message::Body body) const;

  /// The error classes are those of ports::Bus.
  Result<> publish(std::string_view verb, std::string_view recipient,
                   message::AgentMessage message) const;
  void ask(std::string_view verb, std::string_view recipient, message::AgentMessage message,
           Millis timeout, Answer answer) const;
  Result<> publish(message::Outgoing out, std::string_view from_actor) const;
  void ask(message::Outgoing out, Millis timeout, std::string_view from_actor, Answer answer) const;
  Result<> answer(const std::string& reply_to, message::AgentMessage message) const;

  /// What is no AgentMessage, to whoever subscribes to <verb>.<recipient>.
  Result<> emit(std::string_view verb, std::string_view recipient, std::string_view content_type,
                std::string payload) const;
  /// Likewise, and tells whether anybody is known to subscribe; on a thread of the bus.
  void emit_asking(std::string_view verb, std::string_view recipient, std::string_view content_type,
                   std::string payload, std::function<void(bool)> heard) const;

  /// Every message for <verb>.<recipient>, from anybody. One that cannot be read, speaks in another
  /// name than its subject or wants its answer elsewhere than in the sender's inbox is answered
  /// with bus.not_here and its fault, counted, and never reaches the handler. `handler` runs on a
  /// thread of the bus.
  Result<std::unique_ptr<ports::BusSubscription>> listen(std::string_view verb,
                                                         std::string_view recipient,
                                                         const std::string& queue_group,
                                                         Handler handler) const;

  /// Requests that are no AgentMessages: every text that `answers` has for a subject goes back.
  /// `answers` runs on a thread of the bus.
  Result<std::unique_ptr<ports::BusSubscription>> serve(
      const std::string& pattern,
      std::function<std::vector<std::string>(std::string_view subject)> answers) const;

  /// What this node publishes to: "troupe.<cluster>.<verb>.<recipient>.<node>".
  std::string subject(std::string_view verb, std::string_view recipient) const;
  /// What listen() subscribes to: "troupe.<cluster>.<verb>.<recipient>.*".
  std::string pattern(std::string_view verb, std::string_view recipient) const;

  bool up() const { return bus_.up(); }
  ports::Bus& bus() const { return bus_; } // for what has subjects and answers of its own
  const std::string& node() const { return node_; }
  const std::string& cluster() const { return cluster_; }
  std::uint64_t unreadable() const; // messages refused so far

 private:
  /// invalid_input: unreadable; denied: in the name of another node, or to be answered elsewhere
  /// than in the sender's own inbox.
  Result<message::AgentMessage> check(const ports::BusMessage& raw, std::string_view from) const;
  bool may_reply(std::string_view from, std::string_view reply_to) const;
  void refuse(const ports::BusMessage& raw, const std::string& from, const std::string& why) const;
  message::AgentMessage complete(message::Outgoing& out, std::string_view from_actor) const;
  ports::BusMessage pack(std::string subject, message::AgentMessage message) const;
  ports::BusMessage plain(std::string_view verb, std::string_view recipient,
                          std::string_view content_type, std::string payload) const;

  ports::Bus& bus_;
  std::string cluster_, node_;
  std::shared_ptr<std::atomic<std::uint64_t>> unreadable_;
};

} // namespace troupe::actors
