// Injected events and dead letters over a real server, with an engine that the test plays.
#include <boost/test/unit_test.hpp>

#include "tests/integration/api_world.hpp"

using namespace troupe;
using namespace troupe::test;

BOOST_AUTO_TEST_SUITE(http_events)

BOOST_AUTO_TEST_CASE(an_event_is_handed_on_with_what_it_says_of_itself) {
  ApiWorld world;
  const auto answer = world.ask("POST", "/v1/events/ci", "a line",
                                {{"ce-id", "7"}, {"Content-Type", "text/plain"}, {"X-Else", "x"}});
  BOOST_TEST(answer.body == R"({"duplicate":false})");
  const auto& event = world.engine.last_event;
  BOOST_TEST(event.channel == "ci");
  BOOST_TEST(event.sender == "http");
  BOOST_TEST(event.payload == "a line");
  BOOST_TEST(event.headers.size() == 2u);
  BOOST_REQUIRE(event.header("ce-id") != nullptr && event.header("content-type") != nullptr);
  BOOST_TEST(*event.header("ce-id") + *event.header("content-type") == "7text/plain");
  expect_problem(world.ask("POST", "/v1/events/a.b", "{}"), 400, "a source is letters");
  world.engine.fault = make_error(ErrorClass::invalid_input, "no route");
  expect_problem(world.ask("POST", "/v1/events/ci", "{}"), 400, "no route");
}

BOOST_AUTO_TEST_CASE(dead_letters_are_listed_shown_retried_and_dropped) {
  ApiWorld world;
  const std::string all = "/v1/dead-letters";
  BOOST_TEST(world.ask("GET", all).body == R"({"limit":50,"before":0})");
  BOOST_TEST(world.ask("GET", all + "?limit=2&before=9").body == R"({"limit":2,"before":9})");
  expect_problem(world.ask("GET", all + "?before=0"), 400, "expected a number from 1");
  expect_problem(world.ask("GET", all + "?after=1"), 400, "?after=: unknown");
  BOOST_TEST(world.ask("GET", all + "/known").body == R"({"id":"known"})");
  BOOST_TEST(world.ask("POST", all + "/known/retry").body == R"({"id":"known"})");
  BOOST_TEST(world.ask("POST", all + "/known/drop").body == R"({"dropped":true})");
  for (const std::string verb : {"/retry", "/drop"})
    expect_problem(world.ask("POST", all + "/none" + verb), 404, "there is no dead letter none");
  expect_problem(world.ask("GET", all + "/none"), 404, "there is no dead letter none");
}

BOOST_AUTO_TEST_SUITE_END()
