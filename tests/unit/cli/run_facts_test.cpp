#include "ops/cli/demo/run_facts.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

boost::json::value healed_run() {
  return boost::json::parse(R"({
    "finished_at": "2026-11-20T18:47:00.000Z",
    "output": {"healed": true, "report": "report.md"},
    "tree": {"children": [
      {"id": "triage", "path": "triage", "state": "completed", "attempts": [{}]},
      {"id": "examine", "path": "examine", "children": [
        {"id": "probe", "path": "examine/probe", "state": "completed", "attempts": [{}, {}]},
        {"id": "logs", "path": "examine/logs", "state": "skipped"}]},
      {"id": "verify", "path": "verify", "children": [
        {"id": "answers", "path": "verify/answers", "state": "completed", "attempts": [{}],
         "finished_at": "2026-11-20T18:46:57.000Z"},
        {"id": "alert_gone", "path": "verify/alert_gone", "state": "completed", "attempts": [{}],
         "finished_at": "2026-11-20T18:46:59.000Z"}]}]}})");
}

} // namespace

BOOST_AUTO_TEST_CASE(steps_that_completed_and_all_attempts_are_counted) {
  auto counts = demo::count(healed_run());
  BOOST_TEST(counts.steps == 4U);
  BOOST_TEST(counts.attempts == 5U);
}

BOOST_AUTO_TEST_CASE(verified_is_when_the_last_step_of_the_verification_ended) {
  BOOST_TEST((demo::verified_at(healed_run()) == parse_iso8601("2026-11-20T18:46:59.000Z")));
  auto without = boost::json::parse(R"({"finished_at":"2026-11-20T18:47:00.000Z","tree":{}})");
  BOOST_TEST((demo::verified_at(without) == parse_iso8601("2026-11-20T18:47:00.000Z")));
  BOOST_TEST(!demo::verified_at(boost::json::value{}).has_value());
}

BOOST_AUTO_TEST_CASE(a_step_is_found_by_its_id_or_path_at_any_depth) {
  auto run = healed_run();
  BOOST_TEST(demo::find_step(run, "probe").at("path").as_string() == "examine/probe");
  BOOST_TEST(demo::find_step(run, "verify/answers").at("id").as_string() == "answers");
  BOOST_TEST(demo::find_step(run, "nobody").is_null());
}

BOOST_AUTO_TEST_CASE(a_run_is_healed_only_if_its_output_says_so) {
  BOOST_TEST(demo::says_healed(healed_run()));
  BOOST_TEST(demo::report_name(healed_run()) == "report.md");
  for (const char* text : {"{}", R"({"output":null})", R"({"output":{"healed":"yes"}})",
                           R"({"output":{"healed":false}})"})
    BOOST_TEST(!demo::says_healed(boost::json::parse(text)));
}
