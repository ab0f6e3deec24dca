// Order, readiness and verdicts: PLANS.md, "Order" and "States".
#include <boost/test/unit_test.hpp>

#include "runtime/supervision/step_machine.hpp"
#include "tests/unit/supervision/world.hpp"

using namespace troupe;
using namespace troupe::supervision;

BOOST_AUTO_TEST_SUITE(order)

BOOST_AUTO_TEST_CASE(hybrid_steps_follow_one_another) {
  World world{"{plan: p, steps: [{id: one, agent: a}, {id: two, agent: b}]}"};
  BOOST_TEST(world.sent.size() == 1u);
  world.complete("one");
  BOOST_TEST(world.sent.size() == 2u);
  BOOST_TEST(world.sent[1].step == "two");
  world.complete("two");
  BOOST_TEST(world.ended);
  BOOST_TEST((world.finish().state == ports::RunState::completed));
}

BOOST_AUTO_TEST_CASE(a_completion_and_the_next_assignment_are_one_append) {
  World world{
      "{plan: p, steps: [{id: one, agent: a}, {id: two, agent: b}, {id: three, agent: c}]}"};
  BOOST_TEST(world.journal.size() == 2u); // created; adopted with the first assignment
  world.complete("one");
  BOOST_TEST(world.journal.size() == 3u);
  world.complete("two");
  BOOST_TEST(world.journal.size() == 4u);
  world.complete("three");
  BOOST_TEST(world.journal.size() == 5u); // completion and the run's end
}

BOOST_AUTO_TEST_CASE(a_parallel_group_starts_its_children_at_once_and_gathers_their_outputs) {
  World world{
      "{plan: p, steps: [{id: both, parallel: [{id: x, agent: a}, {id: y, agent: b}]}, {id: after, "
      "agent: c, "
      "task: \"${{ steps.both.output.y.n }}\"}]}"};
  BOOST_TEST(world.sent.size() == 2u);
  world.complete("both/y", R"({"n":5})");
  BOOST_TEST(world.sent.size() == 2u);
  world.complete("both/x", "1");
  BOOST_TEST(world.phase_name("both") == "completed");
  BOOST_TEST(world.machine->state().find("both")->output.text == R"({"x":1,"y":{"n":5}})");
  BOOST_TEST(world.assignment("after")->body.task.text == "5");
}

BOOST_AUTO_TEST_CASE(a_failed_need_blocks_what_follows_but_not_an_always_step) {
  World world{
      "{plan: p, steps: [{id: one, agent: a}, {id: two, agent: b}, {id: three, agent: c}, "
      "{id: report, agent: r, always: true}]}"};
  world.fail("one");
  BOOST_TEST(world.phase_name("two") == "blocked");
  BOOST_TEST(world.phase_name("three") == "blocked");
  BOOST_TEST(!world.ended);
  BOOST_TEST(world.assignment("report")->body.context.text.find("\"timeline\"") !=
             std::string::npos);
  world.complete("report");
  BOOST_TEST((world.finish().state == ports::RunState::failed));
  BOOST_TEST(world.finish().reason == "step one failed: said so");
}

BOOST_AUTO_TEST_CASE(what_waits_for_an_always_step_does_not_hold_up_the_end_of_a_failed_run) {
  World world{
      "{plan: p, steps: [{id: one, agent: a}, {id: tidy, agent: r, always: true}, {id: two, agent: "
      "b}]}"};
  world.fail("one");
  world.complete("tidy");
  BOOST_TEST(world.phase_name("two") == "blocked");
  BOOST_TEST((world.finish().state == ports::RunState::failed));
}

BOOST_AUTO_TEST_CASE(an_always_step_changes_the_verdict_only_if_it_fails_itself) {
  World world{"{plan: p, steps: [{id: one, agent: a}, {id: report, agent: r, always: true}]}"};
  world.complete("one");
  world.fail("report");
  BOOST_TEST((world.finish().state == ports::RunState::failed));
}

BOOST_AUTO_TEST_CASE(a_false_condition_skips_and_skipped_needs_are_met) {
  World world{
      "{plan: p, inputs: {go: {type: boolean}}, steps: [{id: one, agent: a, when: \"${{ inputs.go "
      "}}\"}, "
      "{id: two, agent: b}]}",
      R"({"go":false})"};
  BOOST_TEST(world.phase_name("one") == "skipped");
  BOOST_TEST(world.sent.size() == 1u);
  BOOST_TEST(world.sent[0].step == "two");
}

BOOST_AUTO_TEST_CASE(a_condition_over_an_output_is_evaluated_once_when_the_step_would_be_ready) {
  World world{
      "{plan: p, steps: [{id: one, agent: a}, {id: two, agent: b, when: \"${{ steps.one.output.ok "
      "}}\"}]}"};
  world.complete("one", R"({"ok":true})");
  BOOST_TEST(world.phase_name("two") == "running");
}

BOOST_AUTO_TEST_CASE(a_missing_path_fails_the_step_with_invalid_input) {
  World world{
      "{plan: p, steps: [{id: one, agent: a}, {id: two, agent: b, task: \"${{ steps.one.output.x "
      "}}\"}]}"};
  world.complete("one", "{}");
  BOOST_TEST(world.phase_name("two") == "failed");
  BOOST_TEST((world.machine->state().find("two")->error->error_class == ErrorClass::invalid_input));
  BOOST_TEST((world.finish().state == ports::RunState::failed));
}

BOOST_AUTO_TEST_CASE(a_step_may_need_a_sibling_of_an_enclosing_group) {
  World world{
      "{plan: p, strategy: parallel, steps: [{id: one, agent: a}, {id: g, needs: [], parallel: "
      "[{id: x, agent: b, needs: [one]}, {id: y, agent: c}]}]}"};
  BOOST_TEST(world.sent.size() == 2u); // one and y
  world.complete("one");
  BOOST_TEST(world.phase_name("g/x") == "running");
}

BOOST_AUTO_TEST_CASE(a_direct_tool_call_becomes_a_task_of_the_caller) {
  World world{
      "{plan: p, steps: [{id: one, tool: probe.http, with: {url: \"http://x/${{ run.id }}\"}}]}"};
  const auto& sent = world.sent.at(0).body;
  BOOST_TEST(sent.role.role == "tool:probe");
  BOOST_TEST(sent.role.native == "caller");
  BOOST_TEST(sent.task.text ==
             R"({"tool":"probe.http","with":{"url":"http://x/)" + to_string(world.run_id) + "\"}}");
}

BOOST_AUTO_TEST_CASE(groups_and_steps_have_actors_between_ready_and_terminal) {
  World world{
      "{plan: p, steps: [{id: both, parallel: [{id: x, agent: a}, {id: y, agent: b}]}, {id: after, "
      "agent: c}]}"};
  BOOST_TEST(world.started == (std::vector<std::string>{"", "both", "both/x", "both/y"}),
             boost::test_tools::per_element());
  world.complete("both/x");
  world.complete("both/y");
  BOOST_TEST(world.stopped == (std::vector<std::string>{"both/x", "both/y", "both"}),
             boost::test_tools::per_element());
  BOOST_TEST(world.started.back() == "after");
}

BOOST_AUTO_TEST_CASE(a_cancel_stops_what_runs_and_blocks_what_waits_but_always_steps_run) {
  World world{
      "{plan: p, steps: [{id: one, agent: a}, {id: two, agent: b}, {id: report, agent: r, always: "
      "true}]}"};
  world.happen(InboxRead{{{"i1", "cancel", JsonText{R"({"reason":"enough"})"}, world.now}}});
  BOOST_TEST(world.cancels.size() == 1u);
  BOOST_TEST(world.phase_name("one") == "stopping"); // its executor is awaited
  world.say(world.attempt_of("one"), message::TaskCancelled{});
  BOOST_TEST(world.phase_name("one") == "cancelled");
  BOOST_TEST(world.phase_name("two") == "cancelled");
  world.complete("report");
  BOOST_TEST((world.finish().state == ports::RunState::cancelled));
  BOOST_TEST(world.finish().reason == "enough");
}

BOOST_AUTO_TEST_CASE(a_signal_is_seen_by_templates_under_its_name) {
  World world{
      "{plan: p, steps: [{id: one, agent: a}, {id: two, agent: b, when: \"${{ signals.resolved == "
      "null }}\"}]}"};
  world.happen(
      InboxRead{{{"i1", "signal", JsonText{R"({"name":"resolved","body":{"fingerprint":"f"}})"},
                  world.now}}});
  world.complete("one");
  BOOST_TEST(world.phase_name("two") == "skipped");
}

BOOST_AUTO_TEST_CASE(a_step_has_the_priority_of_its_job_unless_its_plan_names_one) {
  using enum message::Priority;
  const World world{
      "{plan: p, steps: [{id: x, agent: a}, {id: g, priority: critical, sequence: [{id: y, agent: "
      "a}]}]}"};
  const std::pair<std::optional<message::Priority>, message::Priority> table[] = {
      {std::nullopt, normal}, {low, low}, {high, high}};
  for (const auto& [of_job, expected] : table) {
    auto run = world.machine->state();
    run.created.priority = of_job;
    BOOST_TEST((placement_wanted(run, *run.find("x")).priority == expected));
    BOOST_TEST((priority_of(run, *run.find("g/y")) == critical));
  }
}

BOOST_AUTO_TEST_SUITE_END()
