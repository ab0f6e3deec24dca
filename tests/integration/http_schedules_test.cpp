// Schedules over a real server, with an engine that the test plays.
#include <boost/test/unit_test.hpp>

#include "tests/integration/api_world.hpp"

using namespace troupe;
using namespace troupe::test;

BOOST_AUTO_TEST_SUITE(http_schedules)

BOOST_AUTO_TEST_CASE(schedules_are_listed_shown_and_foretold) {
  ApiWorld world;
  BOOST_TEST(world.ask("GET", "/v1/schedules?team=ops&id=nightly").body == R"({"schedules":[]})");
  BOOST_TEST((world.engine.last_schedule == ports::ScheduleId{"ops", "nightly"}));
  BOOST_TEST(world.ask("GET", "/v1/schedules/next").body == R"({"times":[],"limit":20})");
  BOOST_TEST(world.ask("GET", "/v1/schedules/next?limit=7").body == R"({"times":[],"limit":7})");
  BOOST_TEST(world.ask("GET", "/v1/schedules/ops/nightly").body == R"({"id":"nightly"})");
  expect_problem(world.ask("GET", "/v1/schedules/ops/none"), 404, "there is no schedule ops/none");
  expect_problem(world.ask("GET", "/v1/schedules?limit=0"), 400, "from 1 to 1000");
  expect_problem(world.ask("GET", "/v1/schedules?name=x"), 400, "?name=: unknown");
}

BOOST_AUTO_TEST_CASE(schedules_are_paused_resumed_and_run) {
  ApiWorld world;
  const std::string nightly = "/v1/schedules/ops/nightly";
  BOOST_TEST(world.ask("POST", nightly + "/pause", R"({"by":"ann"})").body ==
             R"({"changed":true})");
  BOOST_TEST(world.engine.last_signal == "pause ann");
  BOOST_TEST(world.ask("POST", nightly + "/resume").body == R"({"changed":false})");
  const auto run = world.ask("POST", nightly + "/run");
  BOOST_TEST(run.status == 201);
  BOOST_TEST(header(run, "location") == "/v1/jobs/" + job_text);
  BOOST_TEST(world.ask("POST", nightly + "/run", "", {{"Idempotency-Key", "known"}}).status == 200);
  for (const std::string verb : {"pause", "resume", "run"})
    expect_problem(world.ask("POST", "/v1/schedules/ops/none/" + verb), 404,
                   "no schedule ops/none");
  expect_problem(world.ask("POST", nightly + "/run", R"({"now":1})"), 400, "/now: unknown");
  expect_problem(world.ask("POST", nightly + "/pause", R"({"by":7})"), 400,
                 "/by: expected a string");
  world.engine.fault = make_error(ErrorClass::internal, "Postgres is away");
  expect_problem(world.ask("POST", nightly + "/pause"), 503, "Postgres is away");
}

BOOST_AUTO_TEST_SUITE_END()
