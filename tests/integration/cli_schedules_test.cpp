// Schedules, as a person types them.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/integration/cli_world.hpp"

using namespace troupe;
using namespace troupe::test;

BOOST_AUTO_TEST_CASE(a_schedule_is_listed_foretold_paused_resumed_and_run_by_hand) {
  expect({"schedules"}, 0, "0 12 1 1 *");
  expect({"schedules", "list", "--json"}, 0, "\"zone\":\"Asia/Tokyo\"");
  expect({"schedules", "list", "--team", "none"}, 0, "no schedules");
  expect({"schedules", "show", "yearly"}, 0, "service-check");
  expect({"schedules", "show", "yearly", "--team", "none"}, 66, "no schedule none/yearly");
  expect({"schedules", "show", "yearl"}, 66, "did you mean `yearly`?");
  expect({"schedules", "next", "--limit", "2"}, 0, "-01-01 12:00 JST");
  expect({"schedules", "next", "daily"}, 66, "there is no schedule `daily`");
  expect({"schedules", "pause", "yearly"}, 0, "yearly is paused");
  expect({"schedules", "pause", "yearly"}, 0, "yearly was paused already");
  expect({"schedules", "next"}, 0, "nothing is due");
  expect({"schedules"}, 0, "paused");
  const Answer run = troupe_says({"schedules", "run", "yearly", "--key", "by-hand", "--json"});
  BOOST_TEST_REQUIRE(run.code == 0, run.text);
  expect({"jobs", "show", std::string{run.parsed().at("job").as_string()}}, 0, "schedule");
  expect({"jobs", "list", "--label", "kind=yearly"}, 0, "kind=yearly");
  expect({"runs", "list", "--label", "kind=yearly", "--json"}, 0,
         std::string{run.parsed().at("run").as_string()});
  expect({"runs", "list", "--label", "kind=yearly", "--label", "env=none"}, 0, "no runs");
  expect({"jobs", "list", "--label", "kind"}, 64, "expected name=value");
  expect({"schedules", "run", "yearly", "--key", "by-hand"}, 0, "was already there");
  expect({"schedules", "resume", "yearly"}, 0, "yearly is resumed");
  expect({"schedules", "resume", "yearly"}, 0, "yearly was not paused");
  expect({"schedules", "run"}, 64, "ID is required");
}
