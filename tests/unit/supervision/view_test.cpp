// What people and programs are shown of a run: ARCHITECTURE.md, "A run as JSON".
#include "runtime/supervision/run_view.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "runtime/json_value.hpp"
#include "tests/unit/supervision/world.hpp"

using namespace troupe;
using namespace troupe::supervision;
namespace json = boost::json;

BOOST_AUTO_TEST_SUITE(view)

BOOST_AUTO_TEST_CASE(times_and_cursors_are_plain_values_and_null_while_there_are_none) {
  World world{"{plan: p, steps: [{id: one, agent: a}, {id: two, agent: b}]}"};
  world.complete("one");
  ports::RunRow row;
  json::value run = json::parse(view_run(world.machine->state(), row).text);
  BOOST_TEST(run.at("started_at").is_string());
  BOOST_TEST(run.at("finished_at").is_null());
  const json::array& steps = run.at("tree").at("children").as_array();
  BOOST_TEST(steps[0].at("finished_at").is_string());
  BOOST_TEST(steps[0].at("attempts").at(0).at("ended_at").is_string());
  BOOST_TEST(steps[1].at("finished_at").is_null());

  json::value page = json::parse(view_events(world.journal)->text);
  BOOST_TEST(page.at("cursor").to_number<Seq>() == world.journal.back().seq);
  BOOST_TEST(!page.at("end").as_bool());
  BOOST_TEST(json::parse(view_events({})->text).at("cursor").is_null());
}

BOOST_AUTO_TEST_CASE(what_nests_deeper_than_a_parser_likes_by_default_is_shown_all_the_same) {
  const std::string deep = std::string(50, '[') + std::string(50, ']');
  World world{"{plan: p, inputs: {deep: {type: array}}, steps: [{id: one, agent: a}]}",
              R"({"deep":)" + deep + "}"};
  const auto run = read_json(view_run(world.machine->state(), {}).text);
  BOOST_TEST_REQUIRE(run.has_value());
  BOOST_TEST(json::serialize(run->at("inputs").at("deep")) == deep);
}

BOOST_AUTO_TEST_CASE(a_plan_reads_the_class_of_an_error_as_text) {
  World world{
      "{plan: p, steps: [{id: one, agent: a}, {id: two, agent: b, needs: [one], always: true, "
      "when: \"${{ steps.one.error.class == 'task_failed' }}\"}]}"};
  world.fail("one");
  BOOST_TEST(world.phase_name("two") == "running");
}

BOOST_AUTO_TEST_SUITE_END()
