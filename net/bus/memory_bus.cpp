#include "net/bus/memory_bus.hpp"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "net/bus/callback.hpp"
#include "net/bus/message_check.hpp"
#include "net/bus/pending_replies.hpp"
#include "net/bus/subject.hpp"
#include "runtime/limits.hpp"

namespace troupe::bus {
namespace {

struct Route {
  Route(MemoryBus::Link* l, std::string s, std::string q, ports::Bus::Handler h,
        ports::Headers heard = ports::Headers::dropped)
      : link{l},
        subject{std::move(s)},
        queue_group{std::move(q)},
        headers{heard},
        handler{subject, std::move(h)} {}

  MemoryBus::Link* link; // outlives the route's place among the routes
  std::string subject, queue_group;
  ports::Headers headers;
  int undelivered = 0; // guarded by the server's mutex
  Callback<ports::BusMessage> handler;
};

Error link_down() {
  return make_error(ErrorClass::no_capacity, "the link of the in-memory bus is down");
}

} // namespace

/// The server.
struct MemoryBroker::State {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::deque<std::function<void()>> tasks;
  std::vector<std::shared_ptr<Route>> routes;
  std::vector<std::weak_ptr<MemoryBus::Link>> links;
  std::size_t turn = 0; // whose turn it is in queue groups
  bool running = true;
  std::uint64_t connections = 0;

  void serve(std::stop_token stop);
  void enqueue(std::function<void()> task);                                  // with the mutex
  std::vector<std::shared_ptr<Route>> receivers(const std::string& subject); // with the mutex
  std::size_t send(const ports::BusMessage& message);                        // with the mutex
  void deliver(Route& route, std::uint64_t generation, const ports::BusMessage& message);
  void remove(const std::shared_ptr<Route>& route);
};

struct MemoryBus::Link : std::enable_shared_from_this<Link> {
  Link(std::shared_ptr<MemoryBroker::State> s, std::string prefix)
      : server{std::move(s)}, inbox{std::move(prefix)} {}

  std::shared_ptr<MemoryBroker::State> server;
  std::string inbox; // "_INBOX.node.7."; a token follows
  // Guarded by the server's mutex:
  bool wanted = true;
  bool up = true;
  std::uint64_t generation = 0; // what was sent on an earlier one is lost
  LinkHandler tell;

  PendingReplies pending;
  Callback<bool> changed{"link", [this](bool now_up) { change(now_up); }};

  void set(bool now_up); // with the mutex
  void change(bool now_up);
  void settle(ports::BusMessage answer);
  void close();
};

namespace {

class Subscription final : public ports::BusSubscription {
 public:
  Subscription(std::shared_ptr<MemoryBroker::State> server, std::shared_ptr<Route> route)
      : server_{std::move(server)}, route_{std::move(route)} {}
  ~Subscription() override {
    server_->remove(route_);
    route_->handler.close();
  }

 private:
  std::shared_ptr<MemoryBroker::State> server_;
  std::shared_ptr<Route> route_;
};

} // namespace

/// Runs what is queued; what is left when the broker goes still runs.
void MemoryBroker::State::serve(std::stop_token stop) {
  std::unique_lock lock{mutex};
  while (wake.wait(lock, stop, [&] { return !tasks.empty(); })) {
    auto task = std::move(tasks.front());
    tasks.pop_front();
    lock.unlock();
    task();
    task = nullptr; // what it holds goes without the lock
    lock.lock();
  }
}

void MemoryBroker::State::enqueue(std::function<void()> task) {
  tasks.push_back(std::move(task));
  wake.notify_one();
}

/// Every plain subscriber, and one of each queue group.
std::vector<std::shared_ptr<Route>> MemoryBroker::State::receivers(const std::string& subject) {
  std::vector<std::shared_ptr<Route>> found;
  std::map<std::string, std::vector<std::shared_ptr<Route>>> groups;
  for (const auto& route : routes) {
    if (!route->link->up || !matches(route->subject, subject)) continue;
    (route->queue_group.empty() ? found : groups[route->queue_group]).push_back(route);
  }
  for (const auto& [name, members] : groups) found.push_back(members[turn++ % members.size()]);
  return found;
}

/// How many it goes to. One that does not keep up loses it, as with NATS.
std::size_t MemoryBroker::State::send(const ports::BusMessage& message) {
  const auto found = receivers(message.subject);
  for (const auto& route : found) {
    if (route->undelivered >= limits::bus_undelivered_max) continue;
    ++route->undelivered;
    enqueue([this, route, message, generation = route->link->generation] {
      deliver(*route, generation, message);
    });
  }
  return found.size();
}

void MemoryBroker::State::deliver(Route& route, std::uint64_t generation,
                                  const ports::BusMessage& message) {
  {
    const std::lock_guard lock{mutex};
    --route.undelivered;
    const bool subscribed =
        std::ranges::any_of(routes, [&](const auto& other) { return other.get() == &route; });
    if (!subscribed || route.link->generation != generation) return;
  }
  auto copy = message;
  if (route.headers == ports::Headers::dropped) copy.headers.clear();
  route.handler(std::move(copy));
}

void MemoryBroker::State::remove(const std::shared_ptr<Route>& route) {
  const std::lock_guard lock{mutex};
  std::erase(routes, route);
}

void MemoryBus::Link::set(bool now_up) {
  if (up == now_up) return;
  up = now_up;
  ++generation;
  server->enqueue([self = shared_from_this(), now_up] { self->changed(now_up); });
}

void MemoryBus::Link::change(bool now_up) {
  if (!now_up) pending.fail_all("the link of the in-memory bus was lost");
  LinkHandler handler;
  {
    const std::lock_guard lock{server->mutex};
    handler = tell;
  }
  if (handler) handler(now_up);
}

void MemoryBus::Link::settle(ports::BusMessage answer) {
  PendingReplies::Token token = 0;
  const auto* end = answer.subject.data() + answer.subject.size();
  std::from_chars(answer.subject.data() + inbox.size(), end, token);
  pending.answer(token, std::move(answer));
}

void MemoryBus::Link::close() {
  std::vector<std::shared_ptr<Route>> mine;
  {
    const std::lock_guard lock{server->mutex};
    up = wanted = false;
    ++generation;
    std::ranges::copy_if(server->routes, std::back_inserter(mine),
                         [&](const auto& route) { return route->link == this; });
    std::erase_if(server->routes, [&](const auto& route) { return route->link == this; });
  }
  for (const auto& route : mine) route->handler.close();
  changed.close();
  pending.close();
}

MemoryBus::MemoryBus(std::shared_ptr<Link> link) : link_{std::move(link)} {}
MemoryBus::~MemoryBus() { link_->close(); }

Result<> MemoryBus::publish(const ports::BusMessage& message) {
  if (auto checked = check_message(message, limits::bus_message_bytes_max); !checked)
    return checked;
  const std::lock_guard lock{link_->server->mutex};
  if (!link_->up) return link_down();
  link_->server->send(message);
  return {};
}

void MemoryBus::request(ports::BusMessage message, Millis timeout, Reply reply) {
  message.reply_to.clear();
  if (auto checked = check_message(message, limits::bus_message_bytes_max); !checked)
    return link_->pending.refuse(std::move(reply), checked.error());
  const std::lock_guard lock{link_->server->mutex};
  // Before it waits: the loss of the link, told a moment later, is not of a request that went out.
  if (!link_->up) return link_->pending.refuse(std::move(reply), link_down());
  const auto token = link_->pending.add(message.subject, timeout, std::move(reply));
  message.reply_to = link_->inbox + std::to_string(token);
  if (link_->server->send(message) == 0)
    link_->pending.fail(token,
                        make_error(ErrorClass::agent_down, "nobody listens on " + message.subject));
}

Result<std::unique_ptr<ports::BusSubscription>> MemoryBus::subscribe(const std::string& subject,
                                                                     const std::string& queue_group,
                                                                     Handler handler,
                                                                     ports::Headers headers) {
  if (auto checked = check_subscription(subject, queue_group); !checked) return checked.error();
  auto route =
      std::make_shared<Route>(link_.get(), subject, queue_group, std::move(handler), headers);
  const std::lock_guard lock{link_->server->mutex};
  link_->server->routes.push_back(route);
  return std::unique_ptr<ports::BusSubscription>{
      std::make_unique<Subscription>(link_->server, std::move(route))};
}

bool MemoryBus::up() const {
  const std::lock_guard lock{link_->server->mutex};
  return link_->up;
}

void MemoryBus::on_link(LinkHandler handler) {
  const std::lock_guard lock{link_->server->mutex};
  link_->tell = std::move(handler);
}

void MemoryBus::set_link(bool up) {
  const std::lock_guard lock{link_->server->mutex};
  link_->wanted = up;
  link_->set(up && link_->server->running);
}

MemoryBroker::MemoryBroker()
    : state_{std::make_shared<State>()}, thread_{[state = state_](std::stop_token stop) {
        state->serve(stop);
      }} {}

MemoryBroker::~MemoryBroker() {
  stop();
  thread_.request_stop();
  thread_.join();
}

std::unique_ptr<MemoryBus> MemoryBroker::connect(const std::string& inbox_prefix) {
  const std::lock_guard lock{state_->mutex};
  auto link = std::make_shared<MemoryBus::Link>(
      state_, inbox_prefix + "." + std::to_string(++state_->connections) + ".");
  link->up = state_->running;
  state_->routes.push_back(std::make_shared<Route>(
      link.get(), link->inbox + "*", "",
      [to = link.get()](ports::BusMessage answer) { to->settle(std::move(answer)); }));
  state_->links.push_back(link);
  return std::unique_ptr<MemoryBus>{new MemoryBus{std::move(link)}};
}

void MemoryBroker::stop() {
  const std::lock_guard lock{state_->mutex};
  state_->running = false;
  for (const auto& weak : state_->links)
    if (auto link = weak.lock()) link->set(false);
}

void MemoryBroker::start() {
  const std::lock_guard lock{state_->mutex};
  state_->running = true;
  std::erase_if(state_->links, [](const auto& weak) { return weak.expired(); });
  for (const auto& weak : state_->links)
    if (auto link = weak.lock()) link->set(link->wanted);
}

} // namespace troupe::bus
