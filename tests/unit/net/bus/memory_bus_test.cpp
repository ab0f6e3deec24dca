// What only the in-memory bus has; the rest is in tests/conformance/bus_test.cpp.
#include "net/bus/memory_bus.hpp"

#include <boost/test/unit_test.hpp>

#include "runtime/limits.hpp"
#include "tests/conformance/bus_world.hpp"
#include "tests/support/eventually.hpp"

using namespace troupe;
using namespace troupe::test;

BOOST_AUTO_TEST_SUITE(memory_bus)

BOOST_AUTO_TEST_CASE(one_link_can_be_cut_while_the_others_stay) {
  bus::MemoryBroker broker;
  const auto a = broker.connect(), b = broker.connect();
  Messages of_a, of_b;
  const auto at_a = a->subscribe("hb.all", "", into(of_a)),
             at_b = b->subscribe("hb.all", "", into(of_b));
  a->set_link(false);
  BOOST_TEST(!a->up());
  BOOST_TEST(!a->publish(message_to("hb.all")).ok());
  BOOST_TEST(b->publish(message_to("hb.all", "first")).ok());
  BOOST_TEST(of_b.await(1).size() == 1u);

  broker.stop();
  broker.start();
  BOOST_TEST(!a->up()); // its own cut stays
  a->set_link(true);
  BOOST_TEST(b->publish(message_to("hb.all", "second")).ok());
  BOOST_TEST(of_b.await(2).size() == 2u);
  const auto received = of_a.await(1);
  BOOST_REQUIRE(received.size() == 1u);
  BOOST_TEST(received[0].payload == "second");
}

BOOST_AUTO_TEST_CASE(a_bus_may_outlive_its_broker) {
  auto broker = std::make_unique<bus::MemoryBroker>();
  const auto bus = broker->connect();
  Collected<bool> links;
  bus->on_link([&](bool up) { links.add(up); });
  broker.reset();
  BOOST_TEST((links.now() == std::vector<bool>{false}));
  BOOST_TEST((ask(*bus, message_to("task.n")).error().error_class == ErrorClass::no_capacity));
}

BOOST_AUTO_TEST_CASE(a_subscriber_that_does_not_keep_up_loses_messages) {
  bus::MemoryBroker broker;
  const auto bus = broker.connect();
  std::mutex slow;
  std::atomic<int> received = 0;
  const auto subscription = bus->subscribe("evt.flood", "", [&](ports::BusMessage) {
    const std::lock_guard wait{slow};
    ++received;
  });
  {
    const std::lock_guard until_all_are_sent{slow};
    for (int i = 0; i < limits::bus_undelivered_max + 10'000; ++i)
      (void)bus->publish(message_to("evt.flood"));
  }
  settle(*bus); // comes behind them
  BOOST_TEST(received >= limits::bus_undelivered_max);
  BOOST_TEST(received <= limits::bus_undelivered_max + 1); // one may have been in the handler
}

BOOST_AUTO_TEST_SUITE_END()
