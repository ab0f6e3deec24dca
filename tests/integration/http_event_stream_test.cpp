// The events of a run as a stream, over a real server, with an engine that the test plays.
#include "net/http/event_stream.hpp"

#include <boost/test/unit_test.hpp>

#include "runtime/view_limits.hpp"
#include "tests/integration/api_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

const std::string path = "/v1/runs/" + run_text + "/events";
const std::vector<std::pair<std::string, std::string>> stream{{"Accept", "text/event-stream"}};

constexpr const char* first_page =
    R"({"events":[{"seq":0,"type":"run.created"},{"seq":1,"type":"a"},{"seq":1,"type":"b"}],)"
    R"("cursor":1,"end":false})";
constexpr const char* empty_page = R"({"events":[],"cursor":null,"end":false})";
constexpr const char* last_page =
    R"({"events":[{"seq":2,"type":"run.finished"}],"cursor":2,"end":true})";
constexpr const char* over = R"({"events":[],"cursor":null,"end":true})";

} // namespace

BOOST_AUTO_TEST_SUITE(http_event_stream)

BOOST_AUTO_TEST_CASE(a_stream_tells_every_event_and_ends_with_the_run) {
  ApiWorld world;
  world.engine.pages = {first_page, empty_page, last_page};
  const auto answer = world.ask("GET", path, "", stream);
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(header(answer, "content-type") == "text/event-stream");
  BOOST_TEST(header(answer, "content-length").empty());
  BOOST_TEST(answer.body ==
             "data: {\"seq\":0,\"type\":\"run.created\"}\nid: 0\n\n"
             "data: {\"seq\":1,\"type\":\"a\"}\n\n"
             "data: {\"seq\":1,\"type\":\"b\"}\nid: 1\n\n"
             ": nothing new\n\n"
             "data: {\"seq\":2,\"type\":\"run.finished\"}\nid: 2\n\n"
             "event: end\ndata: {}\n\n");
  BOOST_TEST((world.engine.cursors == std::vector<std::string>{"none", "1", "1"}));
}

BOOST_AUTO_TEST_CASE(a_stream_resumes_behind_the_last_event_that_was_seen) {
  ApiWorld world;
  auto resumed = stream;
  resumed.emplace_back("Last-Event-ID", "1");
  world.engine.pages = {last_page};
  BOOST_TEST(world.ask("GET", path + "?after=0", "", resumed).status == 200);
  BOOST_TEST((world.engine.cursors == std::vector<std::string>{"1"}));
  world.engine.pages = {over};
  BOOST_TEST(world.ask("GET", path + "?after=2", "", stream).status == 204);
  resumed.back().second = "x";
  expect_problem(world.ask("GET", path, "", resumed), 400, "Last-Event-ID must be");
}

BOOST_AUTO_TEST_CASE(a_run_that_is_not_there_has_no_stream) {
  ApiWorld world;
  expect_problem(world.ask("GET", "/v1/runs/" + nobody + "/events", "", stream), 404, nobody);
}

BOOST_AUTO_TEST_CASE(there_are_no_more_streams_than_are_allowed) {
  ApiWorld world;
  std::vector<std::shared_ptr<void>> places;
  for (std::size_t i = 0; i < limits::event_streams_max; ++i)
    places.push_back(http::take_stream_place());
  expect_problem(world.ask("GET", path, "", stream), 503, "as many streams");
  places.clear();
  world.engine.pages = {last_page};
  BOOST_TEST(world.ask("GET", path, "", stream).status == 200);
}

BOOST_AUTO_TEST_CASE(a_stream_whose_page_fails_ends_and_can_be_resumed) {
  ApiWorld world;
  world.engine.pages = {first_page, "null"};
  const auto answer = world.ask("GET", path, "", stream);
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.body.ends_with("id: 1\n\n"));
}

BOOST_AUTO_TEST_SUITE_END()
