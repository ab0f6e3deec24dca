#include "net/bus/nats_bus.hpp"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "net/bus/message_check.hpp"
#include "net/bus/nats_link.hpp"
#include "net/bus/pending_replies.hpp"
#include "net/bus/subject.hpp"
#include "runtime/ids.hpp"
#include "runtime/limits.hpp"
#include "runtime/log.hpp"

namespace troupe::bus {
namespace {

/// One subscription of ours, through every link.
struct Route {
  Route(std::string s, std::string q, ports::Bus::Handler h,
        ports::Headers heard = ports::Headers::dropped)
      : subject{std::move(s)},
        queue_group{std::move(q)},
        headers{heard},
        handler{std::make_shared<NatsLink::Handler>(subject, std::move(h))} {}

  std::string subject, queue_group;
  ports::Headers headers;
  std::shared_ptr<NatsLink::Handler> handler;
  LinkSubscription live; // on the present link; guarded by Present::mutex
};

/// The present link and what is to be subscribed on the next.
struct Present {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::shared_ptr<NatsLink> link; // null while down
  std::vector<std::shared_ptr<Route>> routes;

  void ring() {
    const std::lock_guard lock{mutex};
    wake.notify_all();
  }
  Result<> adopt(const std::shared_ptr<NatsLink>& fresh);
  void remove(const std::shared_ptr<Route>& route);
};

/// Subscribes everything anew before anybody can send on the link.
Result<> Present::adopt(const std::shared_ptr<NatsLink>& fresh) {
  const std::lock_guard lock{mutex};
  for (const auto& route : routes) {
    auto live =
        fresh->subscribe(route->subject, route->queue_group, route->handler, route->headers);
    if (!live) return live.error();
    route->live = std::move(*live);
  }
  link = fresh;
  return {};
}

void Present::remove(const std::shared_ptr<Route>& route) {
  LinkSubscription ended;
  const std::lock_guard lock{mutex};
  ended = std::move(route->live);
  std::erase(routes, route);
}

class Subscription final : public ports::BusSubscription {
 public:
  Subscription(std::shared_ptr<Present> present, std::shared_ptr<Route> route)
      : present_{std::move(present)}, route_{std::move(route)} {}
  ~Subscription() override {
    present_->remove(route_);
    route_->handler->close();
  }

 private:
  std::shared_ptr<Present> present_;
  std::shared_ptr<Route> route_;
};

class NatsBus final : public ports::Bus {
 public:
  NatsBus(NatsOptions options, std::vector<NatsAddress> addresses);
  ~NatsBus() override;

  Result<> start(); // the first link
  Result<> publish(const ports::BusMessage& message) override;
  void request(ports::BusMessage message, Millis timeout, Reply reply) override;
  Result<std::unique_ptr<ports::BusSubscription>> subscribe(const std::string& subject,
                                                            const std::string& queue_group,
                                                            Handler handler,
                                                            ports::Headers headers) override;
  bool up() const override;
  void on_link(LinkHandler handler) override;

 private:
  Result<> dial();
  void keep(std::stop_token stop);
  bool await_loss(std::stop_token stop);
  void drop();
  bool redial(std::stop_token stop);
  void tell(bool up);
  void settle(ports::BusMessage answer);

  NatsOptions options_;
  std::vector<NatsAddress> addresses_;
  SystemEntropy entropy_; // of the constructor, then of keep()
  std::string inbox_;     // "_INBOX.node.4f0c...."; a token follows
  PendingReplies pending_;
  std::shared_ptr<Present> present_ = std::make_shared<Present>();
  std::shared_ptr<Callback<bool>> on_link_; // guarded by present_->mutex
  std::jthread keeper_;
};

/// For what was sent just before the bus ends: that this node leaves.
constexpr Millis last_words{500};

/// A prefix of this bus alone: an answer to an earlier process of the same node must not match.
std::string unique_inbox(const std::string& prefix, Entropy& entropy) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text = prefix + ".";
  for (auto bits = entropy.next(); text.size() < prefix.size() + 17; bits >>= 4)
    text += digits[bits & 15];
  return text + ".";
}

/// A server that refuses us says more than one that is down.
Error both(const Error& one, const Error& other) {
  const bool down = one.error_class == ErrorClass::no_capacity;
  return make_error(down ? other.error_class : one.error_class,
                    one.message + "; and " + other.message);
}

NatsBus::NatsBus(NatsOptions options, std::vector<NatsAddress> addresses)
    : options_{std::move(options)},
      addresses_{std::move(addresses)},
      inbox_{unique_inbox(options_.inbox_prefix, entropy_)} {
  present_->routes.push_back(std::make_shared<Route>(
      inbox_ + "*", "", [this](ports::BusMessage answer) { settle(std::move(answer)); }));
}

NatsBus::~NatsBus() {
  if (keeper_.joinable()) {
    keeper_.request_stop();
    keeper_.join();
  }
  std::vector<std::shared_ptr<Route>> routes;
  std::shared_ptr<NatsLink> link;
  {
    const std::lock_guard lock{present_->mutex};
    routes = std::exchange(present_->routes, {});
    link = std::exchange(present_->link, nullptr);
    for (const auto& route : routes) route->live = {};
  }
  if (link) link->close(last_words);
  for (const auto& route : routes) route->handler->close();
  pending_.close();
}

Result<> NatsBus::start() {
  if (auto dialled = dial(); !dialled) return dialled;
  // A key of another node may not hear our inbox: nothing would ever be answered.
  if (auto heard = present_->link->confirm(options_.connect_timeout); !heard) return heard;
  keeper_ = std::jthread{[this](std::stop_token stop) { keep(stop); }};
  return {};
}

/// One server after another, from any of them on, so that nodes spread over a cluster.
Result<> NatsBus::dial() {
  const auto first = static_cast<std::size_t>(entropy_.next() % addresses_.size());
  std::optional<Error> failed;
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    const auto& address = addresses_[(first + i) % addresses_.size()];
    auto link = NatsLink::dial(options_, address, [present = present_] { present->ring(); });
    if (link) return present_->adopt(*link);
    if (link.error().error_class == ErrorClass::invalid_input) return link.error(); // on any
    failed = failed ? both(*failed, link.error()) : link.error();
  }
  return *failed;
}

Result<> NatsBus::publish(const ports::BusMessage& message) {
  std::shared_ptr<NatsLink> link;
  {
    const std::lock_guard lock{present_->mutex};
    link = present_->link;
  }
  if (auto checked =
          check_message(message, link ? link->bytes_max() : limits::bus_message_bytes_max);
      !checked)
    return checked;
  if (link) return link->send(message);
  return not_sent(message.subject);
}

void NatsBus::request(ports::BusMessage message, Millis timeout, Reply reply) {
  // The token first: an answer may come before publish returns. And only then the link: drop()
  // takes it away before it fails every token, so what goes out on a link that is lost is failed
  // with the others.
  const auto token = pending_.add(message.subject, timeout, std::move(reply));
  message.reply_to = inbox_ + std::to_string(token);
  if (auto sent = publish(message); !sent) pending_.fail(token, sent.error());
}

void NatsBus::settle(ports::BusMessage answer) {
  PendingReplies::Token token = 0;
  const auto* end = answer.subject.data() + answer.subject.size();
  std::from_chars(answer.subject.data() + inbox_.size(), end, token);
  const bool no_responders =
      answer.payload.empty() && std::ranges::any_of(answer.headers, [](const auto& header) {
        return header.first == "Status" && header.second == "503";
      });
  if (no_responders)
    pending_.no_responders(token);
  else
    pending_.answer(token, std::move(answer));
}

Result<std::unique_ptr<ports::BusSubscription>> NatsBus::subscribe(const std::string& subject,
                                                                   const std::string& queue_group,
                                                                   Handler handler,
                                                                   ports::Headers headers) {
  if (auto checked = check_subscription(subject, queue_group); !checked) return checked.error();
  auto route = std::make_shared<Route>(subject, queue_group, std::move(handler), headers);
  const std::lock_guard lock{present_->mutex};
  if (present_->link) {
    auto live = present_->link->subscribe(subject, queue_group, route->handler, headers);
    if (live)
      route->live = std::move(*live);
    else if (!present_->link->lost())
      return live.error();
  }
  present_->routes.push_back(route);
  return std::unique_ptr<ports::BusSubscription>{
      std::make_unique<Subscription>(present_, std::move(route))};
}

bool NatsBus::up() const {
  const std::lock_guard lock{present_->mutex};
  return present_->link && !present_->link->lost();
}

void NatsBus::on_link(LinkHandler handler) {
  const std::lock_guard lock{present_->mutex};
  on_link_ = std::make_shared<Callback<bool>>("link", std::move(handler));
}

void NatsBus::tell(bool up) {
  std::shared_ptr<Callback<bool>> handler;
  {
    const std::lock_guard lock{present_->mutex};
    handler = on_link_;
  }
  if (handler) (*handler)(up);
}

/// The thread that joins again whenever the link is lost.
void NatsBus::keep(std::stop_token stop) {
  while (await_loss(stop)) {
    drop();
    tell(false);
    if (!redial(stop)) return;
    log::info("bus.up", {{"url", shown(addresses_)}});
    tell(true);
  }
}

bool NatsBus::await_loss(std::stop_token stop) {
  const auto link = present_->link; // only this thread takes it away
  while (!link->lost() && !stop.stop_requested()) {
    link->look();
    std::unique_lock lock{present_->mutex};
    present_->wake.wait_for(lock, stop, link->look_interval(), [&] { return link->lost(); });
  }
  return link->lost();
}

void NatsBus::drop() {
  std::shared_ptr<NatsLink> link;
  std::vector<LinkSubscription> ended;
  {
    const std::lock_guard lock{present_->mutex};
    link = std::exchange(present_->link, nullptr);
    for (const auto& route : present_->routes) ended.push_back(std::move(route->live));
  }
  log::warn("bus.down", {{"url", shown(addresses_)}, {"cause", link->why_lost()}});
  link->close(Millis{0}); // from here on nothing more is written, so nothing is missed by:
  pending_.fail_all("the link to NATS was lost");
}

bool NatsBus::redial(std::stop_token stop) {
  auto wait = options_.reconnect_wait_min;
  std::string said;
  while (!stop.stop_requested()) {
    const auto dialled = dial();
    if (dialled) return true;
    if (dialled.error().message != said)
      log::warn("bus.cannot_connect", {{"error", said = dialled.error().message}});
    const auto jittered =
        wait / 2 +
        Millis{static_cast<Millis::rep>(entropy_.uniform() * static_cast<double>(wait.count()))};
    std::unique_lock lock{present_->mutex};
    present_->wake.wait_for(lock, stop, jittered, [] { return false; });
    wait = std::min(wait * 2, options_.reconnect_wait_max);
  }
  return false;
}

} // namespace

Result<std::unique_ptr<ports::Bus>> connect(NatsOptions options) {
  auto addresses = parse_nats_url(options.url);
  if (!addresses) return addresses.error();
  if (!is_subject(options.inbox_prefix))
    return make_error(ErrorClass::invalid_input,
                      "the inbox prefix '" + options.inbox_prefix + "' is not a subject");
  auto bus = std::make_unique<NatsBus>(std::move(options), std::move(*addresses));
  if (auto started = bus->start(); !started) return started.error();
  return std::unique_ptr<ports::Bus>{std::move(bus)};
}

} // namespace troupe::bus
