// The two buses, each with the server it meets at, for tests that must hold for both.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "net/bus/memory_bus.hpp"
#include "net/bus/nats_bus.hpp"
#include "tests/support/nats_server.hpp"

namespace troupe::test {

using BusHandle = std::unique_ptr<ports::Bus>;

class MemoryWorld {
 public:
  BusHandle connect() { return broker_.connect(); }
  void cut() { broker_.stop(); }
  void restore() { broker_.start(); }

 private:
  bus::MemoryBroker broker_;
};

class NatsWorld {
 public:
  BusHandle connect() {
    bus::NatsOptions options;
    options.url = server_.url();
    auto bus = bus::connect(options);
    if (!bus) throw std::runtime_error{bus.error().message};
    return std::move(*bus);
  }
  void cut() { server_.kill(); }
  void restore() { server_.start(); }

 private:
  support::NatsServer server_;
};

/// What a handler was given, in order. Thread-safe.
template <class T>
class Collected {
 public:
  void add(T item) {
    const std::lock_guard lock{
        mutex_}; // also around the notification: await's caller may go at once
    items_.push_back(std::move(item));
    changed_.notify_all();
  }
  /// All of them, once there are `count`; what there is when `bound` has passed.
  std::vector<T> await(std::size_t count,
                       std::chrono::milliseconds bound = std::chrono::seconds{20}) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, bound, [&] { return items_.size() >= count; });
    return items_;
  }
  std::vector<T> now() { return await(0); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<T> items_;
};

using Messages = Collected<ports::BusMessage>;
using Answers = Collected<Result<ports::BusMessage>>;

inline ports::Bus::Handler into(Messages& messages) {
  return [&messages](ports::BusMessage message) { messages.add(std::move(message)); };
}
inline ports::Bus::Reply into(Answers& answers) {
  return [&answers](Result<ports::BusMessage> answer) { answers.add(std::move(answer)); };
}

inline ports::BusMessage message_to(std::string subject, std::string payload = "") {
  ports::BusMessage message;
  message.subject = std::move(subject);
  message.payload = std::move(payload);
  return message;
}

inline Result<ports::BusMessage> ask(ports::Bus& bus, ports::BusMessage message,
                                     Millis timeout = std::chrono::seconds{10}) {
  Answers answers;
  bus.request(std::move(message), timeout, into(answers));
  return answers.await(1).at(0);
}

/// Returns when the server has seen everything that this bus sent, subscriptions included, and what
/// it sent here before has been delivered.
inline void settle(ports::Bus& bus) {
  const auto here = bus.subscribe("settle.here", "", [&bus](ports::BusMessage request) {
    (void)bus.publish(message_to(request.reply_to));
  });
  if (!here || !ask(bus, message_to("settle.here"))) throw std::runtime_error{"did not settle"};
}

} // namespace troupe::test
