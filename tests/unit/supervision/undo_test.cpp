// What a run that fails or is cancelled takes back: PLANS.md, "Undo".
#include <boost/test/unit_test.hpp>

#include "tests/unit/supervision/world.hpp"

using namespace troupe;
using namespace troupe::supervision;

namespace {

constexpr auto* two_and_a_report =
    "{plan: p, steps: [{id: x, agent: a, undo: {tool: t.undo}}, {id: g, sequence: [{id: y, agent: "
    "b, "
    "undo: {tool: t.undo, retry: [{max_attempts: 2, jitter: none}]}}]}, {id: z, agent: c}, {id: "
    "report, agent: r, always: true}]}";

} // namespace

BOOST_AUTO_TEST_SUITE(undo)

BOOST_AUTO_TEST_CASE(a_run_that_fails_undoes_everything_latest_first_and_then_reports) {
  World world{two_and_a_report};
  world.complete("x");
  world.complete("g/y");
  world.fail("z");
  BOOST_TEST(world.phase_name("g/y~undo") == "running");
  BOOST_TEST(world.phase_name("report") == "pending");
  world.complete("g/y~undo");
  BOOST_TEST(world.phase_name("x~undo") == "running");
  world.complete("x~undo");
  BOOST_TEST(world.phase_name("report") == "running");
  world.complete("report");
  BOOST_TEST((world.finish().state == ports::RunState::failed));
  BOOST_TEST(world.finish().reason == "step z failed: said so");
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(a_run_that_completes_undoes_nothing) {
  World world{two_and_a_report};
  for (const auto* step : {"x", "g/y", "z", "report"}) world.complete(step);
  BOOST_TEST((world.finish().state == ports::RunState::completed));
  BOOST_TEST(world.events("run.undoing") == 0u);
}

BOOST_AUTO_TEST_CASE(a_cancel_stops_what_runs_then_undoes_then_reports) {
  World world{two_and_a_report};
  world.complete("x");
  world.act("g/y", "once");
  world.post("cancel", R"({"reason":"enough"})");
  BOOST_TEST(world.phase_name("g/y") == "stopping");
  world.complete("g/y"); // after the cancel: stored and undone, starts nothing
  BOOST_TEST(world.phase_name("z") == "cancelled");
  world.complete("g/y~undo");
  world.complete("x~undo");
  world.complete("report");
  BOOST_TEST((world.finish().state == ports::RunState::cancelled));
  BOOST_TEST(world.finish().reason == "enough");
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(a_cancel_does_not_reach_undo_and_a_kill_does) {
  World world{two_and_a_report};
  world.complete("x");
  world.fail("g/y");
  BOOST_TEST(world.phase_name("x~undo") == "running");
  world.post("cancel", "{}");
  BOOST_TEST(world.phase_name("x~undo") == "running");
  world.post("kill", R"({"reason":"now"})");
  BOOST_TEST(world.ended);
  BOOST_TEST((world.finish().state == ports::RunState::cancelled));
  BOOST_TEST(world.phase_name("report") == "cancelled");
}

BOOST_AUTO_TEST_CASE(an_undo_has_retries_of_its_own_and_one_that_fails_needs_a_person) {
  World world{two_and_a_report};
  world.complete("x");
  world.complete("g/y");
  world.fail("z");
  world.fail("g/y~undo", ErrorClass::tool_failed);
  world.pass(Millis{1000});
  BOOST_TEST(world.phase_name("g/y~undo") == "running");
  world.fail("g/y~undo", ErrorClass::tool_failed);
  BOOST_TEST((world.machine->state().find("x~undo") == nullptr)); // stopped
  world.complete("report");
  BOOST_TEST((world.finish().state == ports::RunState::needs_person));
  BOOST_TEST(world.finish().reason == "undo failed: said so");
}

BOOST_AUTO_TEST_CASE(a_failed_attempt_that_acted_is_undone_and_one_that_did_not_is_not) {
  for (const bool acted : {true, false}) BOOST_TEST_CONTEXT(acted) {
      World world{"{plan: p, steps: [{id: x, agent: a, undo: {tool: t.undo}}]}"};
      if (acted) world.act("x", "idempotent");
      world.fail("x");
      BOOST_TEST(world.ended == !acted);
    }
}

BOOST_AUTO_TEST_CASE(an_unknown_outcome_is_resolved_by_a_person_before_anything_is_undone) {
  for (const bool happened : {true, false}) BOOST_TEST_CONTEXT(happened) {
      World world{"{plan: p, steps: [{id: x, agent: a, undo: {tool: t.undo}}]}"};
      const auto executor = world.nodes.begin()->second;
      world.reserve("x", "once", "t.do", executor);
      world.fail("x");
      BOOST_TEST(world.watched.size() == 1u); // granted, and not settled
      world.happen(NodeGone{executor});
      BOOST_TEST(world.events("activity.unknown") == 0u); // its grant still holds
      world.pass(std::chrono::seconds{15});
      BOOST_TEST(world.events("activity.unknown") == 1u);
      BOOST_TEST(!world.ended);
      world.post("resolve", std::string{R"({"step":"x","by":"ann","happened":)"} +
                                (happened ? "true}" : "false}"));
      if (happened) world.complete("x~undo");
      BOOST_TEST((world.finish().state == ports::RunState::failed));
      BOOST_TEST(world.events("step.ready") == (happened ? 3u : 2u)); // root, x, and its undo
    }
}

BOOST_AUTO_TEST_CASE(an_effect_that_was_granted_and_given_up_is_forgotten_and_not_undone) {
  World world{"{plan: p, steps: [{id: x, agent: a, undo: {tool: t.undo}}]}"};
  const auto attempt = world.attempt_of("x");
  const auto nonce = world.entropy.make_id<NonceId>(world.now);
  const message::ActivityReserve reserve{
      {false, "t.do", 0},          "d", JsonText{"{}"}, "once", "write", nonce,
      world.nodes.begin()->second, {}};
  world.say(attempt, reserve); // granted, but the grant is lost
  world.post("cancel", "{}");
  world.say(attempt, reserve);
  BOOST_TEST(std::holds_alternative<message::ActivityDiscarded>(world.replies.back().body));
  world.cancelled("x");
  BOOST_TEST(!world.ended); // what became of the grant comes first
  world.say(attempt, message::ActivitySettle{{false, "t.do", 0}, nonce, {}, 0, true});
  BOOST_TEST((world.finish().state == ports::RunState::cancelled));
  BOOST_TEST((world.machine->state().find("x~undo") == nullptr));
  BOOST_TEST(world.folds_alike());
}

/// Not even where nothing would take it back.
BOOST_AUTO_TEST_CASE(a_run_does_not_end_before_it_says_what_became_of_a_grant) {
  for (const bool killed : {true, false}) BOOST_TEST_CONTEXT(killed) {
      World world{"{plan: p, steps: [{id: x, agent: a}]}"};
      const auto executor = world.nodes.begin()->second;
      world.reserve("x", "once", "t.do", executor);
      if (killed) {
        world.post("kill", R"({"reason":"now"})");
      } else {
        world.fail("x");
        BOOST_TEST(!world.ended);
        BOOST_TEST(!world.machine->rest(world.now).resting); // nor is it parked
        world.adopt("owner-2");
        world.happen(NodeGone{executor});
        BOOST_TEST(!world.ended);
        world.pass(std::chrono::seconds{15});
      }
      BOOST_TEST(world.events("activity.unknown") == 1u);
      BOOST_TEST(world.ended);
      BOOST_TEST(world.folds_alike());
    }
}

BOOST_AUTO_TEST_CASE(an_undo_resumes_on_another_node) {
  World world{two_and_a_report};
  world.complete("x");
  world.fail("g/y");
  world.happen(NodeGone{world.nodes.begin()->second});
  BOOST_TEST(world.phase_name("x~undo") == "running");
  world.adopt("owner-2");
  BOOST_TEST(world.questions.back().step == "x~undo");
  world.complete("x~undo");
  world.complete("report");
  BOOST_TEST((world.finish().state == ports::RunState::failed));
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_SUITE_END()
