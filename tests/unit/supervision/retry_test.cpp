// Retry, loss and refusal: PLANS.md, "Retry"; DURABILITY.md, "Dispatch".
#include <boost/test/unit_test.hpp>

#include "tests/unit/supervision/world.hpp"

using namespace troupe;
using namespace troupe::supervision;
using namespace std::chrono_literals;

namespace {

const char* const one_retrier =
    "{plan: p, steps: [{id: one, agent: a, timeout: 10s, retry: [{on: [tool_failed], max_attempts: "
    "3, interval: 1s, "
    "backoff_rate: 2, jitter: none}]}]}";

} // namespace

BOOST_AUTO_TEST_SUITE(retry)

BOOST_AUTO_TEST_CASE(a_matching_retrier_backs_off_and_tries_again_under_a_new_number) {
  World world{one_retrier};
  const auto began = world.now;
  world.fail("one", ErrorClass::tool_failed);
  BOOST_TEST(world.phase_name("one") == "waiting");
  BOOST_TEST((world.timers.back().due - began == 1s));
  world.ring_last_timer();
  BOOST_TEST(world.attempt_of("one") == 2u);
  world.fail("one", ErrorClass::tool_failed);
  BOOST_TEST((world.timers.back().due - world.now == 2s));
  world.ring_last_timer();
  world.fail("one", ErrorClass::tool_failed); // the third try was the last
  BOOST_TEST((world.finish().state == ports::RunState::failed));
  BOOST_TEST(world.machine->state().find("one")->attempts.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_timer_that_goes_off_before_its_date_is_set_again) {
  World world{one_retrier};
  world.fail("one", ErrorClass::tool_failed);
  const auto timer = world.timers.back();
  world.now = timer.due - 1ms; // the date was set back, or the clocks differ by a little
  world.happen(TimerDue{timer.step, timer.kind, timer.attempt});
  BOOST_TEST(world.phase_name("one") == "waiting");
  BOOST_TEST((world.timers.back().due == timer.due));
  world.ring_last_timer();
  BOOST_TEST(world.attempt_of("one") == 2u);
}

BOOST_AUTO_TEST_CASE(an_error_that_no_retrier_matches_fails_the_step_at_once) {
  World world{one_retrier};
  world.fail("one", ErrorClass::task_failed);
  BOOST_TEST((world.finish().state == ports::RunState::failed));
}

BOOST_AUTO_TEST_CASE(each_retrier_counts_its_own_tries) {
  World world{
      "{plan: p, steps: [{id: one, agent: a, retry: [{on: [timeout], max_attempts: 2, jitter: "
      "none}, "
      "{on: [tool_failed], max_attempts: 2, jitter: none}]}]}"};
  world.fail("one", ErrorClass::tool_failed);
  world.ring_last_timer();
  world.fail("one", ErrorClass::timeout);
  BOOST_TEST(world.phase_name("one") == "waiting");
  world.ring_last_timer();
  world.fail("one", ErrorClass::timeout);
  BOOST_TEST(world.phase_name("one") == "failed");
}

BOOST_AUTO_TEST_CASE(an_attempt_that_takes_too_long_is_cancelled_and_fails_with_timeout) {
  World world{
      "{plan: p, steps: [{id: one, agent: a, timeout: 10s, retry: [{on: [timeout], jitter: "
      "none}]}]}"};
  BOOST_TEST((world.timers.back().due - world.now == 10s));
  world.ring_last_timer();
  BOOST_TEST(world.cancels.size() == 1u);
  BOOST_TEST(world.phase_name("one") == "waiting");
  world.ring_last_timer();
  world.complete("one");
  BOOST_TEST((world.finish().state == ports::RunState::completed));
}

BOOST_AUTO_TEST_CASE(a_timer_of_an_attempt_that_is_over_changes_nothing) {
  World world{one_retrier};
  const auto timer = world.timers.back();
  world.fail("one", ErrorClass::tool_failed);
  const auto rows = world.journal.size();
  world.happen(TimerDue{timer.step, timer.kind, timer.attempt});
  BOOST_TEST(world.journal.size() == rows);
}

BOOST_AUTO_TEST_CASE(what_another_node_says_of_an_attempt_counts_for_nothing) {
  World world{"{plan: p, steps: [{id: one, agent: a}]}"};
  const auto rows = world.journal.size();
  auto forged = world.from_executor(1, message::TaskCompleted{JsonText{"1"}, {}});
  forged.sender = "n10/agent_host";
  world.happen(Received{++world.token, forged});
  BOOST_TEST(std::get<message::TaskDiscarded>(world.replies.back().body).reason ==
             "attempt 1 runs on node n1");
  forged.body = message::TaskProgress{"", JsonText{"1"}};
  world.happen(Received{++world.token, forged});
  BOOST_TEST(world.journal.size() == rows);
  world.complete("one");
  BOOST_TEST(world.ended);
}

BOOST_AUTO_TEST_CASE(a_lost_node_is_no_failure_the_step_resumes_up_to_five_times) {
  World world{"{plan: p, steps: [{id: one, agent: a}]}"};
  for (unsigned loss = 1; loss <= 5; ++loss) {
    const auto gone = world.nodes.begin()->second;
    world.add_node("n1"); // started anew
    world.happen(NodeGone{gone});
    BOOST_TEST(world.attempt_of("one") == loss + 1);
    BOOST_TEST(world.assignment("one")->body.resumed);
  }
  world.happen(NodeGone{world.nodes.begin()->second});
  BOOST_TEST(world.phase_name("one") == "failed");
  BOOST_TEST((world.machine->state().find("one")->error->error_class == ErrorClass::agent_down));
}

BOOST_AUTO_TEST_CASE(a_silent_node_is_asked_after_its_attempts_and_loses_those_it_does_not_know) {
  World world{"{plan: p, steps: [{id: one, agent: a}]}"};
  world.questions.clear();
  const auto rows = world.journal.size();
  world.happen(NodeSilent{world.entropy.make_id<IncarnationId>(world.now)}); // another one
  BOOST_TEST(world.questions.empty());
  world.happen(NodeSilent{world.nodes.begin()->second});
  BOOST_REQUIRE(world.questions.size() == 1u);
  BOOST_TEST(world.journal.size() == rows); // nothing is known yet
  world.happen(AttemptNotThere{world.questions[0].attempt});
  BOOST_TEST(world.attempt_of("one") == 2u);
  BOOST_TEST(world.assignment("one")->body.resumed);
}

BOOST_AUTO_TEST_CASE(
    an_unanswered_assignment_spends_no_try_and_is_cancelled_if_it_may_have_arrived) {
  World world{one_retrier};
  for (int i = 0; i < 10; ++i)
    world.happen(AssignmentUnanswered{world.attempt_of("one"), "silence", true});
  BOOST_TEST(world.cancels.size() == 10u);
  BOOST_TEST(world.attempt_of("one") == 11u); // numbers are never reused
  world.complete("one");
  BOOST_TEST((world.finish().state == ports::RunState::completed));
}

BOOST_AUTO_TEST_CASE(a_step_without_a_node_waits_and_spends_nothing) {
  World world{"{plan: p, steps: [{id: one, agent: a}, {id: two, agent: b}]}"};
  world.capacity = false;
  world.complete("one");
  BOOST_TEST(world.waiting.size() == 1u);
  BOOST_TEST(world.phase_name("two") == "ready");
  world.offer_capacity();
  BOOST_TEST(world.attempt_of("two") == 2u);
}

BOOST_AUTO_TEST_CASE(a_late_completion_of_a_superseded_attempt_is_discarded) {
  World world{one_retrier};
  world.fail("one", ErrorClass::tool_failed);
  world.ring_last_timer();
  world.say(1, message::TaskCompleted{JsonText{"1"}, {}});
  BOOST_TEST(std::holds_alternative<message::TaskDiscarded>(world.replies.back().body));
  BOOST_TEST(world.phase_name("one") == "running");
}

BOOST_AUTO_TEST_CASE(a_repeated_completion_is_acknowledged_again_and_journaled_once) {
  World world{"{plan: p, steps: [{id: one, agent: a}, {id: two, agent: b}]}"};
  world.complete("one");
  const auto rows = world.journal.size();
  world.say(1, message::TaskCompleted{JsonText{"null"}, {}});
  BOOST_TEST(std::holds_alternative<message::TaskAcknowledged>(world.replies.back().body));
  BOOST_TEST(world.journal.size() == rows);
}

BOOST_AUTO_TEST_CASE(an_attempt_never_heard_of_is_answered_not_here) {
  World world{"{plan: p, steps: [{id: one, agent: a}]}"};
  world.say(9, message::TaskCompleted{JsonText{"null"}, {}});
  BOOST_TEST(std::holds_alternative<message::NotHere>(world.replies.back().body));
}

BOOST_AUTO_TEST_CASE(a_new_owner_raises_the_epoch_and_asks_before_it_dispatches) {
  World world{"{plan: p, steps: [{id: one, agent: a}, {id: two, agent: b}]}"};
  const auto sent = world.sent.size();
  world.adopt("owner-2");
  BOOST_TEST(world.machine->state().epoch == 2u);
  BOOST_TEST(world.questions.size() == 1u);
  BOOST_TEST(world.sent.size() == sent);
  world.happen(AttemptNotThere{1});
  BOOST_TEST(world.sent.size() == sent + 1);
  world.complete("one");
  world.complete("two");
  BOOST_TEST((world.finish().state == ports::RunState::completed));
}

BOOST_AUTO_TEST_CASE(a_retry_that_was_waiting_goes_on_waiting_under_a_new_owner) {
  World world{one_retrier};
  world.fail("one", ErrorClass::tool_failed);
  const auto due = world.timers.back().due;
  world.adopt("owner-2");
  BOOST_TEST((world.timers.back().due == due));
  world.ring_last_timer();
  BOOST_TEST(world.attempt_of("one") == 2u);
}

BOOST_AUTO_TEST_CASE(an_actor_that_keeps_crashing_fails_its_step_with_internal) {
  World world{"{plan: p, steps: [{id: one, agent: a}]}"};
  world.happen(StepCrashed{"one"});
  BOOST_TEST((world.machine->state().find("one")->error->error_class == ErrorClass::internal));
  BOOST_TEST((world.finish().state == ports::RunState::failed));
}

BOOST_AUTO_TEST_SUITE_END()
