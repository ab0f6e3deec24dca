// What a node sends to itself, and what all the same goes over the bus.
#include "net/bus/handover_bus.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <future>

#include "net/bus/memory_bus.hpp"
#include "runtime/message/agent_message.hpp"
#include "tests/conformance/bus_world.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

/// Counts what goes over it.
class Wire final : public ports::Bus {
 public:
  explicit Wire(std::unique_ptr<bus::MemoryBus> inner) : inner_{std::move(inner)} {}

  Result<> publish(const ports::BusMessage& message) override {
    ++sent;
    return inner_->publish(message);
  }
  void request(ports::BusMessage message, Millis timeout, Reply reply) override {
    ++sent;
    inner_->request(std::move(message), timeout, std::move(reply));
  }
  Result<std::unique_ptr<ports::BusSubscription>> subscribe(const std::string& subject,
                                                            const std::string& queue_group,
                                                            Handler handler,
                                                            ports::Headers headers) override {
    return inner_->subscribe(subject, queue_group, std::move(handler), headers);
  }
  bool up() const override { return inner_->up(); }
  void on_link(LinkHandler handler) override { inner_->on_link(std::move(handler)); }
  void cut() { inner_->set_link(false); }

  std::atomic<int> sent = 0;

 private:
  std::unique_ptr<bus::MemoryBus> inner_;
};

struct NodeOne {
  bus::MemoryBroker broker;
  Wire* wire = nullptr;
  std::unique_ptr<ports::Bus> bus;

  NodeOne() {
    auto made = std::make_unique<Wire>(broker.connect());
    wire = made.get();
    bus = bus::hand_over_locally(std::move(made), "one");
  }
  /// Answers with what it was sent.
  auto echo(ports::Bus& on, const std::string& subject, const std::string& group = "") const {
    auto subscription = on.subscribe(subject, group, [&on](const ports::BusMessage& request) {
      (void)on.publish(message_to(request.reply_to, request.payload));
    });
    BOOST_REQUIRE(subscription.ok());
    return std::move(*subscription);
  }
  Result<ports::BusMessage> ask(const std::string& subject, Millis timeout = 2s) const {
    std::promise<Result<ports::BusMessage>> answer;
    bus->request(message_to(subject, "hello"), timeout,
                 [&](Result<ports::BusMessage> reply) { answer.set_value(std::move(reply)); });
    return answer.get_future().get();
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(handover_bus)

BOOST_AUTO_TEST_CASE(what_only_this_node_hears_is_handed_over_with_its_answer) {
  const NodeOne node;
  for (const auto* recipient : {"one", "probe-at-one"}) {
    const auto served = node.echo(*node.bus, std::string{"troupe.main.task."} + recipient + ".*");
    const auto answer = node.ask(std::string{"troupe.main.task."} + recipient + ".one");
    BOOST_REQUIRE(answer.ok());
    BOOST_TEST(answer->payload == "hello");
  }
  BOOST_TEST(node.wire->sent == 0);
}

BOOST_AUTO_TEST_CASE(what_others_may_hear_too_goes_over_the_bus) {
  NodeOne node;
  const auto other = node.broker.connect();
  const auto at_two = node.echo(*other, "troupe.main.task.two.*");
  const auto group = node.echo(*node.bus, "troupe.main.tool.probe.*", "tool_servers");
  BOOST_TEST(node.ask("troupe.main.task.two.one").ok());
  BOOST_TEST(node.ask("troupe.main.tool.probe.one").ok());
  BOOST_TEST(node.wire->sent == 3); // and an answer to the one that came back
}

BOOST_AUTO_TEST_CASE(without_its_subscription_or_its_link_a_node_does_not_hear_itself) {
  const NodeOne node;
  auto served = node.echo(*node.bus, "troupe.main.task.one.*");
  served.reset();
  BOOST_TEST((node.ask("troupe.main.task.one.one").error().error_class == ErrorClass::agent_down));
  served = node.echo(*node.bus, "troupe.main.task.one.*");
  node.wire->cut();
  BOOST_TEST((node.ask("troupe.main.task.one.one").error().error_class == ErrorClass::no_capacity));
}

BOOST_AUTO_TEST_CASE(a_message_itself_is_handed_over_and_never_goes_over_the_bus) {
  const NodeOne node;
  const std::string subject = "troupe.main.task.one.one";
  BOOST_TEST(!node.bus->hands_over(subject));
  std::shared_ptr<message::AgentMessage> heard;
  auto served = node.bus->subscribe("troupe.main.task.one.*", "", [&](ports::BusMessage request) {
    heard = request.handed;
    BOOST_TEST(node.bus->hands_over(request.reply_to));
    (void)node.bus->publish({.subject = request.reply_to, .handed = request.handed});
  });
  BOOST_REQUIRE(served.ok());
  BOOST_TEST(node.bus->hands_over(subject));
  BOOST_TEST(!node.bus->hands_over("troupe.main.task.two.one"));

  const auto message = std::make_shared<message::AgentMessage>();
  const auto ask = [&] {
    std::promise<Result<ports::BusMessage>> answer;
    node.bus->request({.subject = subject, .handed = message}, 2s,
                      [&](Result<ports::BusMessage> reply) { answer.set_value(std::move(reply)); });
    return answer.get_future().get();
  };
  const auto answer = ask();
  BOOST_REQUIRE(answer.ok());
  BOOST_TEST((heard == message && answer->handed == message));

  // It has no payload: where it can be handed to nobody it is not sent at all.
  served->reset();
  BOOST_TEST((ask().error().error_class == ErrorClass::agent_down));
  node.wire->cut();
  BOOST_TEST(!node.bus->hands_over(subject));
  BOOST_TEST((ask().error().error_class == ErrorClass::no_capacity));
  BOOST_TEST(!node.bus->publish({.subject = subject, .handed = message}).ok());
  BOOST_TEST(node.wire->sent == 0);
}

BOOST_AUTO_TEST_CASE(a_request_that_nobody_answers_times_out) {
  const NodeOne node;
  auto silent = node.bus->subscribe("troupe.main.task.one.*", "", [](ports::BusMessage) {});
  BOOST_TEST(
      (node.ask("troupe.main.task.one.one", 20ms).error().error_class == ErrorClass::timeout));
}

BOOST_AUTO_TEST_SUITE_END()
