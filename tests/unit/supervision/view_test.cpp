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

namespace {

json::value shown(const World& world) {
  History history;
  history.note(world.journal);
  return json::parse(view_run(world.machine->state(), {}, history).text);
}

/// A foreach over so many items, of which `failed` fail and the rest but the last two complete.
World many_items(int items, int failed) {
  std::string list;
  for (int i = 0; i < items; ++i) list += (i > 0 ? ", " : "") + std::to_string(i);
  World world{"{plan: p, steps: [{id: each, tolerate_failures: 100%, foreach: {in: [" + list +
              "], concurrency: 2, do: {id: go, agent: a}}}]}"};
  for (int i = 0; i < items - 2; ++i) {
    const auto step = "each[" + std::to_string(i) + "]/go";
    i < failed ? world.fail(step) : world.complete(step);
  }
  return world;
}

} // namespace

BOOST_AUTO_TEST_CASE(of_many_items_the_failed_and_the_running_are_shown_and_all_are_counted) {
  const World world = many_items(200, 3);
  const json::value each = shown(world).at("tree").at("children").at(0);
  BOOST_TEST(each.at("items").to_number<int>() == 200);
  BOOST_TEST(each.at("counts").at("completed").to_number<int>() == 195);
  BOOST_TEST(each.at("counts").at("failed").to_number<int>() == 3);
  BOOST_TEST(each.at("counts").at("running").to_number<int>() == 2);
  std::string names;
  for (const auto& child : each.at("children").as_array())
    names += std::string{child.at("name").as_string()} + " ";
  BOOST_TEST(names == "each[0] each[1] each[2] each[198] each[199] ");
  BOOST_TEST(each.at("hidden").to_number<int>() == 195);
}

BOOST_AUTO_TEST_CASE(items_are_read_by_the_page) {
  const World world = many_items(20, 0);
  std::size_t seen = 0;
  for (ports::StepPage page{"each", 0, 7};;) {
    const auto answer = view_instances(world.machine->state(), page);
    BOOST_REQUIRE(answer.ok());
    const json::value read = json::parse(answer->text);
    for (const auto& item : read.at("instances").as_array())
      BOOST_TEST(item.at("path").as_string() == "each[" + std::to_string(seen++) + "]");
    if (read.at("next").is_null()) break;
    page.from = read.at("next").to_number<std::size_t>();
  }
  BOOST_TEST(seen == 20u);
  for (const auto* step : {"nobody", "each[0]/go"})
    BOOST_TEST(!view_instances(world.machine->state(), {step, 0, 5}).ok());
}

BOOST_AUTO_TEST_CASE(waits_approvals_cases_restarts_and_undo_stand_in_the_tree) {
  World world{
      "{plan: p, strategy: parallel, steps: [{id: ok, approval: {role: admin, expires: 1h}}, {id: "
      "pick, switch: {on: \"${{ 'x' }}\", cases: {x: [{id: in_x, agent: a}], y: [{id: in_y, agent: "
      "b}]}}}, {id: "
      "g, restart: {intensity: 2, period: 5m, interval: 4s, jitter: none}, parallel: [{id: z, "
      "agent: "
      "c, undo: {agent: r}}]}]}"};
  world.fail("g/z");
  const json::value run = shown(world);
  const json::array& steps = run.at("tree").at("children").as_array();
  BOOST_TEST(steps[0].at("approval").at("role") == "admin");
  BOOST_TEST(
      std::string{steps[0].at("waiting").as_string()}.starts_with("waits for approval by role"));
  BOOST_TEST(steps[1].at("chosen") == "x");
  BOOST_TEST(steps[2].at("restart").at("intensity").to_number<int>() == 2);
  BOOST_TEST(steps[2].at("restart").at("spent").to_number<int>() == 1);
  BOOST_TEST(steps[2].at("restart").at("under_way").at(0).at("child") == "g/z");
  BOOST_TEST(!run.at("paused").as_bool());
  world.post("pause", R"({"by":"ann"})");
  BOOST_TEST(shown(world).at("paused").as_bool());
  world.post("cancel", R"({"reason":"enough"})");
  BOOST_TEST(shown(world).at("cancel") == "enough");
}

BOOST_AUTO_TEST_CASE(an_undo_and_a_child_run_stand_beside_their_step) {
  World world{"{plan: p, steps: [{id: make, agent: a, undo: {agent: r}}, {id: sub, plan: c}]}",
              "{}",
              {"{plan: c, steps: [{id: one, agent: a}]}"}};
  world.complete("make");
  const json::value running = shown(world).at("tree").at("children").at(1);
  BOOST_TEST(running.at("child_run").as_string() == to_string(world.children.front().child.run));
  world.happen(ChildReported{world.children.front().child.run, ports::RunState::failed, "no", {}});
  const json::value run = shown(world);
  BOOST_TEST(run.at("undoing").as_bool());
  BOOST_TEST(run.at("tree").at("children").at(0).at("undo").at("path") == "make~undo");
  BOOST_TEST(run.at("tree").at("children").at(1).at("child_run") == running.at("child_run"));
}

BOOST_AUTO_TEST_SUITE_END()
