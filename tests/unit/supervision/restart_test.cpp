// A group as a supervisor: PLANS.md, "Restart".
#include <boost/test/unit_test.hpp>

#include "tests/unit/supervision/world.hpp"

using namespace troupe;
using namespace troupe::supervision;

namespace {

std::string group(const std::string& strategy, const std::string& more = "") {
  return "{plan: p, steps: [{id: g, restart: {strategy: " + strategy +
         ", intensity: 2, period: 5m, interval: 1s, jitter: none" + more +
         "}, parallel: [{id: x, agent: a}, {id: y, agent: b}, {id: z, agent: c}]}]}";
}

std::uint32_t iteration(const World& world, const std::string& path) {
  return world.machine->state().find(path)->iteration;
}

} // namespace

BOOST_AUTO_TEST_SUITE(restart)

BOOST_AUTO_TEST_CASE(one_for_one_begins_the_next_iteration_of_that_child_alone) {
  World world{group("one_for_one")};
  world.complete("g/x");
  world.fail("g/y");
  BOOST_TEST(world.phase_name("g/y") == "restarting");
  BOOST_TEST(world.phase_name("g/z") == "running");
  world.pass(Millis{999});
  BOOST_TEST(world.phase_name("g/y") == "restarting"); // the backoff
  world.pass(Millis{1});
  BOOST_TEST(world.phase_name("g/y") == "running");
  BOOST_TEST(iteration(world, "g/y") == 1u);
  BOOST_TEST(iteration(world, "g/x") == 0u);
  BOOST_TEST(world.assignment("g/y")->iteration == 1u);
  world.complete("g/y");
  world.complete("g/z");
  BOOST_TEST((world.finish().state == ports::RunState::completed));
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(rest_for_one_takes_the_later_siblings_along_and_awaits_those_that_run) {
  World world{group("rest_for_one")};
  world.complete("g/x");
  world.fail("g/y");
  BOOST_TEST(world.phase_name("g/x") == "completed");
  BOOST_TEST(world.phase_name("g/z") == "stopping");
  world.pass(Millis{5000});
  BOOST_TEST(world.phase_name("g/y") == "restarting"); // z has not stopped
  world.cancelled("g/z");
  BOOST_TEST(world.phase_name("g/y") == "running");
  BOOST_TEST(world.phase_name("g/z") == "running");
  BOOST_TEST(iteration(world, "g/z") == 1u);
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(one_for_all_takes_everything_along) {
  World world{group("one_for_all")};
  world.complete("g/x");
  world.fail("g/y");
  world.cancelled("g/z");
  world.pass(Millis{1000});
  for (const auto* path : {"g/x", "g/y", "g/z"}) {
    BOOST_TEST(world.phase_name(path) == "running");
    BOOST_TEST(iteration(world, path) == 1u);
  }
}

BOOST_AUTO_TEST_CASE(the_backoff_grows_and_a_quiet_time_resets_it) {
  World world{
      "{plan: p, steps: [{id: g, restart: {intensity: 9, period: 1h, interval: 1s, "
      "backoff_rate: 3, max_delay: 5s, jitter: none, reset_after: 10m}, sequence: [{id: x, "
      "agent: a}]}]}"};
  for (const auto wait : {1000, 3000, 5000, 5000}) {
    world.fail("g/x");
    world.pass(Millis{wait - 1});
    BOOST_TEST(world.phase_name("g/x") == "restarting");
    world.pass(Millis{1});
    BOOST_TEST(world.phase_name("g/x") == "running");
  }
  world.pass(std::chrono::minutes{11});
  world.fail("g/x");
  world.pass(Millis{1000});
  BOOST_TEST(world.phase_name("g/x") == "running");
}

BOOST_AUTO_TEST_CASE(
    more_than_the_intensity_within_the_period_fails_the_child_also_after_a_takeover) {
  World world{group("one_for_one")};
  for (int i = 0; i < 2; ++i) {
    world.fail("g/y");
    world.pass(Millis{10'000});
  }
  world.adopt("owner-2"); // does not reset the window
  world.fail("g/y");
  BOOST_TEST(world.phase_name("g/y") == "failed");
  BOOST_TEST(world.events("group.escalated") == 1u);
  world.complete("g/x");
  world.complete("g/z");
  BOOST_TEST((world.finish().state == ports::RunState::failed));
}

BOOST_AUTO_TEST_CASE(the_window_slides) {
  World world{group("one_for_one")};
  for (int i = 0; i < 5; ++i) {
    world.fail("g/y");
    world.pass(std::chrono::minutes{3});
    BOOST_TEST(world.phase_name("g/y") == "running");
  }
}

BOOST_AUTO_TEST_CASE(a_group_that_fails_is_a_child_of_its_parent_which_restarts_it_whole) {
  World world{
      "{plan: p, restart: {intensity: 1, jitter: none, interval: 1s}, steps: [{id: g, "
      "sequence: [{id: x, agent: a}, {id: y, agent: b}]}]}"};
  world.complete("g/x");
  world.fail("g/y");
  BOOST_TEST(world.phase_name("g") == "restarting");
  world.pass(Millis{1000});
  BOOST_TEST(world.phase_name("g/x") == "running");
  BOOST_TEST(iteration(world, "g/x") == 1u);
  world.complete("g/x");
  world.complete("g/y");
  BOOST_TEST((world.finish().state == ports::RunState::completed));
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(completed_victims_are_undone_latest_first_before_the_next_iteration) {
  World world{
      "{plan: p, steps: [{id: g, restart: {strategy: one_for_all, intensity: 1, jitter: "
      "none, interval: 1s}, sequence: ["
      "{id: x, agent: a, undo: {tool: t.undo, with: {was: \"${{ self.output.n }}\"}}}, "
      "{id: y, agent: b, undo: {agent: c, task: again}}, {id: z, agent: c}]}]}"};
  world.complete("g/x", R"({"n":7})");
  world.complete("g/y");
  world.fail("g/z");
  BOOST_TEST(world.phase_name("g/y~undo") == "running");
  BOOST_TEST((world.machine->state().find("g/x~undo") == nullptr)); // one after the other
  world.pass(Millis{60'000});
  BOOST_TEST(world.phase_name("g/x") == "restarting");
  world.complete("g/y~undo");
  BOOST_TEST(world.assignment("g/x~undo")->body.task.text ==
             R"({"tool":"t.undo","with":{"was":7}})");
  world.complete("g/x~undo");
  BOOST_TEST(world.phase_name("g/x") == "running");
  world.complete("g/x", R"({"n":8})");
  world.complete("g/y");
  world.complete("g/z");
  BOOST_TEST((world.finish().state == ports::RunState::completed));
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(what_did_an_unrepeatable_effect_and_has_no_undo_escalates_instead) {
  const std::pair<const char*, const char*> table[] = {
      {"keyed", "failed"}, {"once", "failed"}, {"idempotent", "restarting"}};
  for (const auto& [effect, phase] : table) BOOST_TEST_CONTEXT(effect) {
      World world{group("one_for_one")};
      world.act("g/y", effect);
      world.fail("g/y");
      BOOST_TEST(world.phase_name("g/y") == phase);
    }
}

BOOST_AUTO_TEST_CASE(the_failed_child_itself_is_undone_when_it_acted) {
  World world{
      "{plan: p, steps: [{id: g, restart: {intensity: 1, jitter: none, interval: 1s}, "
      "parallel: [{id: y, agent: b, undo: {tool: t.undo}}]}]}"};
  world.act("g/y", "once");
  world.fail("g/y");
  BOOST_TEST(world.phase_name("g/y") == "restarting");
  world.complete("g/y~undo");
  world.pass(Millis{1000});
  BOOST_TEST(world.phase_name("g/y") == "running");
}

BOOST_AUTO_TEST_CASE(a_completion_that_comes_while_it_is_stopped_is_undone) {
  World world{
      "{plan: p, steps: [{id: g, restart: {strategy: one_for_all, intensity: 1, jitter: "
      "none, interval: 1s}, parallel: [{id: x, agent: a, undo: {tool: t.undo}}, {id: y, "
      "agent: b}]}]}"};
  world.fail("g/y");
  world.complete("g/x", "1"); // first in the journal was the restart
  BOOST_TEST(world.phase_name("g/x") == "restarting");
  BOOST_TEST(world.phase_name("g/x~undo") == "running");
  world.complete("g/x~undo");
  world.pass(Millis{1000});
  BOOST_TEST(world.phase_name("g/x") == "running");
}

BOOST_AUTO_TEST_CASE(a_run_that_is_taken_over_in_the_middle_of_a_restart_goes_on_with_it) {
  World world{group("one_for_all")};
  world.fail("g/y");
  world.cancelled("g/x");
  world.adopt("owner-2");
  BOOST_TEST(world.phase_name("g/z") == "stopping");
  world.pass(Millis{0}); // the cancel is sent again
  BOOST_TEST(world.cancels.back().step == "g/z");
  world.cancelled("g/z");
  world.pass(Millis{1000});
  BOOST_TEST(world.phase_name("g/y") == "running");
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(tolerated_failures_do_not_fail_their_group_and_are_undone) {
  World world{
      "{plan: p, steps: [{id: g, tolerate_failures: 1, parallel: [{id: x, agent: a, undo: "
      "{tool: t.undo}}, {id: y, agent: b}]}, {id: after, agent: c}]}"};
  world.act("g/x", "once");
  world.fail("g/x");
  world.complete("g/y", "2");
  BOOST_TEST(world.phase_name("g") == "ready"); // not before x is undone
  world.complete("g/x~undo");
  BOOST_TEST(world.output("g") == R"({"x":null,"y":2})");
  BOOST_TEST(world.phase_name("after") == "running");
}

BOOST_AUTO_TEST_CASE(beyond_what_is_tolerated_nothing_further_starts_and_what_runs_finishes) {
  World world{
      "{plan: p, steps: [{id: g, parallel: [{id: x, agent: a}, {id: y, sequence: [{id: y1, "
      "agent: b}, {id: y2, agent: b}]}, {id: z, agent: c, needs: [y]}]}]}"};
  world.fail("g/x");
  world.complete("g/y/y1");
  BOOST_TEST(world.phase_name("g/y/y2") == "running"); // y is a running child
  world.complete("g/y/y2");
  BOOST_TEST(world.phase_name("g/z") == "blocked");
  BOOST_TEST((world.finish().state == ports::RunState::failed));
}

BOOST_AUTO_TEST_SUITE_END()
