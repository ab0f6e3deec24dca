// Child plans: the step that starts a run of its own, and what it hears of it.
#include <boost/test/unit_test.hpp>

#include "runtime/limits.hpp"
#include "tests/unit/supervision/world.hpp"

using namespace troupe;
using namespace troupe::supervision;

namespace {

struct Family : World {
  Family()
      : World{
            "{plan: p, steps: [{id: sub, plan: child, with: {n: 3}, retry: [{jitter: none}]}, {id: "
            "after, agent: b, "
            "task: \"${{ steps.sub.output }}\"}]}",
            "{}",
            {"{plan: child, inputs: {n: {type: integer}}, steps: [{id: x, agent: a}]}"}} {}
  void report(ports::RunState state, const std::string& output) {
    happen(ChildReported{children.back().child.run, state, "why", JsonText{output}});
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(child_run)

BOOST_AUTO_TEST_CASE(a_child_run_is_started_with_its_inputs_and_its_result_is_the_steps) {
  Family world;
  BOOST_TEST(world.children.at(0).child.plan == "child");
  BOOST_TEST(world.children.at(0).child.inputs.text == R"({"n":3})");
  BOOST_TEST(world.machine->rest(world.now).resting);
  world.report(ports::RunState::completed, "{\"x\":1}");
  BOOST_TEST(world.assignment("after")->body.task.text == R"({"x":1})");
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(a_child_run_that_fails_is_a_failed_try_and_the_next_is_another_run) {
  Family world;
  world.report(ports::RunState::failed, "null");
  world.pass(Millis{1000});
  BOOST_REQUIRE(world.children.size() == 2u);
  BOOST_TEST((world.children[0].child.run != world.children[1].child.run));
}

/// Parked, it would never hear the answer: word of the end may have been lost.
BOOST_AUTO_TEST_CASE(a_new_owner_is_not_parked_before_the_child_that_it_asked_has_answered) {
  Family world;
  world.adopt("owner-2");
  BOOST_TEST(!world.machine->rest(world.now).resting);
  world.report(ports::RunState::running, "null");
  BOOST_TEST(world.machine->rest(world.now).resting);
  world.pass(limits::child_check_interval);
  BOOST_TEST(!world.machine->rest(world.now).resting);
  world.report(ports::RunState::completed, "{}");
  BOOST_TEST(world.phase_name("sub") == "completed");
}

BOOST_AUTO_TEST_CASE(a_new_owner_starts_the_same_child_again_and_a_cancel_reaches_it) {
  Family world;
  world.adopt("owner-2");
  BOOST_TEST((world.children.at(1).child.run == world.children.at(0).child.run));
  world.post("cancel", R"({"reason":"enough"})");
  BOOST_TEST(world.cancelled_children.size() == 1u);
  world.report(ports::RunState::cancelled, "null");
  BOOST_TEST((world.finish().state == ports::RunState::cancelled));
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_SUITE_END()
