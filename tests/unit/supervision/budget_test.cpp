// Time flows down: what cannot end before a deadline is refused at once, rather than started.
#include <boost/test/unit_test.hpp>

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

BOOST_AUTO_TEST_SUITE(time_budget)

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

BOOST_AUTO_TEST_SUITE_END()
