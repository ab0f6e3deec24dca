// What a node counts of itself, for service discovery and for its heartbeat.
#include "actors/services.hpp"

#include <boost/test/unit_test.hpp>

#include "actors/load.hpp"

using namespace troupe;
using namespace troupe::actors;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(services)

BOOST_AUTO_TEST_CASE(the_recipient_of_a_message_tells_at_which_endpoint_it_came_in) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"ledger/tool_server", "call"},
      {"ledger-at-node-1/tool_server", "call_here"},
      {"ledger-all/tool_server", "cancel"},
      {"somebody/else", "call"},
      {"", "call"},
  };
  for (const auto& [recipient, endpoint] : table)
    BOOST_TEST(tool_endpoint("ledger", recipient) == endpoint, recipient);
}

BOOST_AUTO_TEST_CASE(each_endpoint_of_each_service_is_counted_by_itself) {
  ServiceCounts counts;
  const Service service{
      "s", "i", "1.0.0", "", {}, {}, {{"task", "a", "", {}}, {"control", "b", "", {}}}};
  const auto error = make_error(ErrorClass::tool_failed, "the disk is full");
  counts.received("agent_host", "task");
  counts.received("agent_host", "task");
  counts.received("tool_server:x", "task");
  counts.ended("agent_host", "task", 5ms, nullptr);
  counts.ended("agent_host", "task", 2ms, &error);
  const auto counted = counts.of("agent_host", service);
  BOOST_REQUIRE(counted.size() == 2U);
  BOOST_TEST(counted[0].requests == 2U);
  BOOST_TEST(counted[0].errors == 1U);
  BOOST_TEST(counted[0].last_error == "tool_failed: the disk is full");
  BOOST_TEST(counted[0].processing.count() == 7'000'000);
  BOOST_TEST(counted[1].requests == 0U);
}

BOOST_AUTO_TEST_CASE(a_message_is_counted_until_the_last_who_deals_with_it_is_done) {
  const auto load = std::make_shared<Load>();
  auto ticket = std::make_shared<const Load::Ticket>(load);
  auto handed_on = ticket;
  BOOST_TEST(load->waiting() == 1U);
  ticket.reset();
  BOOST_TEST(load->waiting() == 1U);
  BOOST_TEST(load->take_longest().count() == 0);
  const auto began = monotonic_time();
  while (monotonic_time() < began + 3ms) {
  }
  handed_on.reset();
  BOOST_TEST(load->waiting() == 0U);
  BOOST_TEST(load->take_longest().count() >= 3);
  BOOST_TEST(load->take_longest().count() == 0); // of what ended since
}

BOOST_AUTO_TEST_SUITE_END()
