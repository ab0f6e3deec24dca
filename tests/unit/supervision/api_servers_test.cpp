#include "runtime/placement/api_servers.hpp"

#include <boost/test/unit_test.hpp>

#include "runtime/ids.hpp"

using namespace troupe;
using namespace std::chrono_literals;
using placement::ApiServers;

namespace {

IncarnationId incarnation(std::uint8_t start) {
  IncarnationId id;
  id.bytes[0] = start;
  return id;
}

message::NodeHeartbeat beat(std::uint8_t start, std::string http,
                            std::string mode = "orchestrator") {
  message::NodeHeartbeat beat;
  beat.incarnation = incarnation(start);
  beat.modes = {std::move(mode)};
  beat.http = std::move(http);
  return beat;
}

std::string in_order(ApiServers& servers, Millis now) {
  std::string text;
  for (const auto& url : servers.urls(now)) text += url + " ";
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(api_servers)

BOOST_AUTO_TEST_CASE(those_that_take_work_come_first_each_in_its_turn) {
  ApiServers servers;
  BOOST_TEST(in_order(servers, 0ms) == "");
  BOOST_TEST(servers.hear("a", beat(1, "A"), 0ms));
  BOOST_TEST(!servers.hear("a", beat(1, "A"), 10ms));
  servers.hear("b", beat(2, "B"), 0ms);
  servers.hear("c", beat(3, "C"), 0ms);
  servers.hear("mute", beat(4, ""), 0ms);
  servers.hear("gateway", beat(5, "G", "gateway"), 0ms);
  BOOST_TEST(in_order(servers, 100ms) == "A B C ");
  BOOST_TEST(in_order(servers, 100ms) == "B C A ");
  BOOST_TEST(in_order(servers, 100ms) == "C A B ");
  servers.drains(incarnation(1));
  BOOST_TEST(in_order(servers, 100ms) == "C B A ");
  BOOST_TEST(servers.count(100ms) == 2u);
  servers.left(incarnation(3));
  BOOST_TEST(in_order(servers, 100ms) == "B A ");
}

BOOST_AUTO_TEST_CASE(who_is_silent_is_asked_last_and_in_the_end_no_more) {
  ApiServers servers;
  servers.hear("a", beat(1, "A"), 0ms);
  servers.hear("b", beat(2, "B"), 2s);
  BOOST_TEST(in_order(servers, 4s) == "B A ");
  BOOST_TEST(servers.count(4s) == 1u);
  BOOST_TEST(in_order(servers, 1h - 1ms) == "A B ");
  BOOST_TEST(in_order(servers, 1h) == "B ");
}

BOOST_AUTO_TEST_CASE(what_an_earlier_start_of_a_node_said_does_not_count) {
  ApiServers servers;
  servers.hear("a", beat(2, "new"), 0ms);
  servers.hear("a", beat(1, "old"), 1ms);
  BOOST_TEST(in_order(servers, 1ms) == "new ");
  servers.left(incarnation(1));
  BOOST_TEST(in_order(servers, 1ms) == "new ");
  servers.hear("a", beat(3, "", "agent"), 1ms);
  BOOST_TEST(in_order(servers, 1ms) == "");
}

BOOST_AUTO_TEST_SUITE_END()
