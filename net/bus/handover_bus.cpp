#include "net/bus/handover_bus.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>

#include "net/bus/message_check.hpp"
#include "net/bus/pending_replies.hpp"
#include "runtime/limits.hpp"

namespace troupe::bus {
namespace {

/// "troupe.main.task.agent-1.orchestrator-1" -> "troupe.main.task.agent-1"
std::string_view without_sender(std::string_view subject) {
  return subject.substr(0, subject.rfind('.'));
}

bool belongs_to(std::string_view subject, const std::string& node) {
  if (std::count(subject.begin(), subject.end(), '.') != 4 || !subject.ends_with(".*"))
    return false;
  const auto target = without_sender(subject);
  const auto recipient = target.substr(target.rfind('.') + 1);
  return recipient == node || recipient.ends_with("-at-" + node);
}

ports::BusMessage without_headers(const ports::BusMessage& message) {
  return {message.subject, message.reply_to, {}, message.payload, message.handed};
}

/// Who listens here, by subject without the sender.
class Listeners {
 public:
  using Handler = std::shared_ptr<const ports::Bus::Handler>;

  void add(const std::string& target, Handler handler) {
    const std::lock_guard lock{mutex_};
    handlers_[target] = std::move(handler);
  }
  void remove(const std::string& target, const Handler& handler) {
    const std::lock_guard lock{mutex_};
    const auto found = handlers_.find(target);
    if (found != handlers_.end() && found->second == handler) handlers_.erase(found);
  }
  Handler find(std::string_view target) const {
    const std::lock_guard lock{mutex_};
    const auto found = handlers_.find(target);
    return found == handlers_.end() ? nullptr : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Handler, std::less<>> handlers_;
};

class LocalSubscription final : public ports::BusSubscription {
 public:
  LocalSubscription(std::unique_ptr<ports::BusSubscription> inner,
                    std::shared_ptr<Listeners> listeners, std::string target,
                    Listeners::Handler handler)
      : inner_{std::move(inner)},
        listeners_{std::move(listeners)},
        target_{std::move(target)},
        handler_{std::move(handler)} {}
  ~LocalSubscription() override { listeners_->remove(target_, handler_); }

 private:
  std::unique_ptr<ports::BusSubscription> inner_;
  std::shared_ptr<Listeners> listeners_;
  std::string target_;
  Listeners::Handler handler_;
};

class HandoverBus final : public ports::Bus {
 public:
  HandoverBus(std::unique_ptr<ports::Bus> inner, std::string node)
      : inner_{std::move(inner)}, node_{std::move(node)} {}

  Result<> publish(const ports::BusMessage& message) override {
    if (message.subject.starts_with(ports::handover_inbox)) {
      PendingReplies::Token number = 0;
      const auto* end = message.subject.data() + message.subject.size();
      std::from_chars(message.subject.data() + ports::handover_inbox.size(), end, number);
      pending_.answer(number, without_headers(message));
      return {};
    }
    const auto handler = local(message);
    if (!handler && message.handed) return nobody_here(message.subject);
    if (!handler) return inner_->publish(message);
    (*handler)(without_headers(message));
    return {};
  }

  void request(ports::BusMessage message, Millis timeout, Reply reply) override {
    const auto handler = local(message);
    if (!handler && message.handed)
      return pending_.refuse(std::move(reply), nobody_here(message.subject));
    if (!handler) return inner_->request(std::move(message), timeout, std::move(reply));
    const auto token = pending_.add(message.subject, timeout, std::move(reply));
    message.reply_to = std::string{ports::handover_inbox} + std::to_string(token);
    message.headers.clear();
    (*handler)(std::move(message));
  }

  Result<std::unique_ptr<ports::BusSubscription>> subscribe(const std::string& subject,
                                                            const std::string& queue_group,
                                                            Handler handler,
                                                            ports::Headers headers) override {
    if (!queue_group.empty() || headers == ports::Headers::kept || !belongs_to(subject, node_))
      return inner_->subscribe(subject, queue_group, std::move(handler), headers);
    const auto shared = std::make_shared<const Handler>(std::move(handler));
    auto outer = inner_->subscribe(subject, queue_group, *shared, headers);
    if (!outer) return outer;
    std::string target{without_sender(subject)};
    listeners_->add(target, shared);
    return {std::make_unique<LocalSubscription>(std::move(*outer), listeners_, std::move(target),
                                                shared)};
  }

  bool hands_over(std::string_view subject) const override {
    return subject.starts_with(ports::handover_inbox) ||
           (inner_->up() && listeners_->find(without_sender(subject)) != nullptr);
  }

  bool up() const override { return inner_->up(); }
  void on_link(LinkHandler handler) override { inner_->on_link(std::move(handler)); }

 private:
  /// Of what had already been handed over when that ceased.
  Error nobody_here(const std::string& subject) const {
    if (!inner_->up()) return not_sent(subject);
    return make_error(ErrorClass::agent_down, "nobody here listens on " + subject + " any more");
  }

  /// Nothing: it goes over the bus.
  Listeners::Handler local(const ports::BusMessage& message) const {
    const bool fits = message.payload.size() <= limits::bus_message_bytes_max;
    if (!fits || !inner_->up()) return nullptr;
    return listeners_->find(without_sender(message.subject));
  }

  std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();
  PendingReplies pending_;
  std::unique_ptr<ports::Bus> inner_;
  std::string node_;
};

} // namespace

std::unique_ptr<ports::Bus> hand_over_locally(std::unique_ptr<ports::Bus> inner, std::string node) {
  return std::make_unique<HandoverBus>(std::move(inner), std::move(node));
}

} // namespace troupe::bus
