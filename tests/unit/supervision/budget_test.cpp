// Budgets flow down: what cannot end before a deadline, and what nobody may retry any more, is
// refused at once, rather than started.
#include <boost/test/unit_test.hpp>

#include "runtime/supervision/group_machine.hpp"
#include "tests/unit/supervision/world.hpp"

using namespace troupe;
using namespace troupe::supervision;

namespace {

std::string failure(const World& world, const std::string& path) {
  const auto& error = world.machine->state().find(path)->error;
  return error ? std::string{to_string(error->error_class)} + ": " + error->message : "none";
}

bool says(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(budget)

BOOST_AUTO_TEST_CASE(a_wait_that_ends_after_the_deadline_is_refused_at_once) {
  for (const auto& [duration, refused] : {std::pair{"10m", true}, {"1m", false}}) {
    World world{std::string{"{plan: p, steps: [{id: g, deadline: 5m, sequence: [{id: w, wait: "
                            "{for: "} +
                duration + "}}]}]}"};
    BOOST_TEST((world.phase("g/w") == StepPhase::failed) == refused);
    if (refused)
      BOOST_TEST(says(failure(world, "g/w"), "budget_exceeded: not enough time: it waits until "),
                 failure(world, "g/w"));
  }
}

BOOST_AUTO_TEST_CASE(a_try_that_would_come_after_the_deadline_is_not_waited_for) {
  World world{
      "{plan: p, steps: [{id: one, agent: a, deadline: 30s, retry: [{interval: 1m, jitter: none, "
      "max_delay: 1m}]}]}"};
  world.fail("one");
  BOOST_TEST((world.phase("one") == StepPhase::failed));
  BOOST_TEST(says(failure(world, "one"), "the next try would come after the deadline"),
             failure(world, "one"));
}

BOOST_AUTO_TEST_CASE(a_restart_that_would_begin_after_the_deadline_escalates_at_once) {
  World world{
      "{plan: p, steps: [{id: g, deadline: 30s, restart: {intensity: 3, period: 5m, interval: 1m, "
      "jitter: none}, sequence: [{id: x, agent: a}]}]}"};
  world.fail("g/x");
  BOOST_TEST(world.events("group.escalated") == 1u);
  BOOST_TEST((world.phase("g") == StepPhase::failed));
}

BOOST_AUTO_TEST_CASE(a_child_run_has_no_more_time_than_the_step_that_started_it) {
  World child{"{plan: c, steps: [{id: w, wait: {for: 3m}}, {id: bye, agent: a, always: true}]}"};
  RunCreated own = child.machine->state().created;
  own.deadline = child.now + std::chrono::minutes{2};
  child.journal = {{0, child.entropy.make_id<AppendId>(child.now), child.now, encode({own})}};
  child.adopt("owner-2");
  BOOST_TEST(says(failure(child, "w"), "budget_exceeded"), failure(child, "w"));
  BOOST_TEST(child.assignment("bye") != nullptr); // `always` steps have their own allowance
}

// ---- retries

BOOST_AUTO_TEST_CASE(tries_of_all_steps_in_a_group_share_its_retry_budget) {
  World world{
      "{plan: p, steps: [{id: g, retry_budget: 2, parallel: ["
      "{id: x, agent: a, retry: [{jitter: none, max_attempts: 9}]}, "
      "{id: y, agent: a, retry: [{jitter: none, max_attempts: 9}]}]}]}"};
  world.fail("g/x");
  world.fail("g/y");
  world.pass(std::chrono::minutes{1});
  world.adopt("owner-2"); // a takeover does not fill it again
  world.happen(AttemptNotThere{world.attempt_of("g/x")});
  world.fail("g/x");
  BOOST_TEST((world.phase("g/x") == StepPhase::failed));
  BOOST_TEST(says(failure(world, "g/x"), "the retry budget of g, 2, is spent"),
             failure(world, "g/x"));
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(restarts_of_a_group_spend_the_budget_of_the_plan) {
  World world{
      "{plan: p, retry_budget: 1, steps: [{id: g, restart: {intensity: 9, jitter: none}, sequence: "
      "[{id: x, agent: a}]}]}"};
  world.fail("g/x");
  world.pass(std::chrono::minutes{1});
  BOOST_TEST(world.events("group.restarted") == 1u);
  world.fail("g/x");
  BOOST_TEST(world.events("group.escalated") == 1u);
  BOOST_TEST((world.phase("g") == StepPhase::failed));
}

BOOST_AUTO_TEST_CASE(an_always_step_has_a_retry_budget_of_its_own) {
  World world{
      "{plan: p, retry_budget: 0, steps: [{id: x, agent: a, retry: [{}]}, "
      "{id: bye, agent: a, always: true, retry: [{jitter: none}]}]}"};
  world.fail("x");
  BOOST_TEST((world.phase("x") == StepPhase::failed));
  world.fail("bye");
  BOOST_TEST((world.phase("bye") == StepPhase::waiting));
}

BOOST_AUTO_TEST_CASE(a_child_run_has_no_more_retries_than_its_parent_had_left) {
  World child{"{plan: c, steps: [{id: x, agent: a, retry: [{jitter: none}]}]}"};
  RunCreated own = child.machine->state().created;
  own.retry_budget = 0;
  child.journal = {{0, child.entropy.make_id<AppendId>(child.now), child.now, encode({own})}};
  child.adopt("owner-2");
  child.fail("x");
  BOOST_TEST(says(failure(child, "x"), "the retry budget of the plan, 0, is spent"),
             failure(child, "x"));
}

BOOST_AUTO_TEST_CASE(what_a_child_run_spent_is_missing_to_its_parent) {
  World world{
      "{plan: p, retry_budget: 2, steps: [{id: sub, plan: child}, "
      "{id: x, agent: a, retry: [{jitter: none, max_attempts: 9}]}]}",
      "{}",
      {"{plan: child, steps: [{id: y, agent: a}]}"}};
  const auto& child = world.children.back();
  const auto& run = world.machine->state();
  BOOST_TEST(retries_left(run, *run.find("sub"))->left == 2u);
  world.happen(ChildReported{child.child.run, ports::RunState::completed, "", JsonText{"{}"}, 1});
  world.fail("x");
  BOOST_TEST((world.phase("x") == StepPhase::waiting));
  world.pass(std::chrono::minutes{1});
  world.fail("x");
  BOOST_TEST(says(failure(world, "x"), "the retry budget of the plan, 2, is spent"),
             failure(world, "x"));
}

BOOST_AUTO_TEST_SUITE_END()
