// The end of a node in order: what runs is finished or handed over, and costs nobody a try.
#include <boost/test/unit_test.hpp>

#include "runtime/lease/drain.hpp"
#include "runtime/limits.hpp"
#include "tests/unit/supervision/world.hpp"

using namespace troupe;
using namespace troupe::supervision;
using namespace std::chrono_literals;
using lease::Drain;

namespace {

/// What it does, and when, of a node that executes and owns until then.
std::string course(Millis executes_until, Millis owns_until, Millis limit = 10s) {
  const std::pair<Drain::Do, const char*> names[] = {{Drain::Do::hand_over_attempts, "attempts"},
                                                     {Drain::Do::hand_over_runs, "runs"},
                                                     {Drain::Do::end, "end"}};
  Drain drain{limit, 0s};
  std::string text;
  for (Millis now{0}; now < 1min; now += 50ms) {
    const auto next = drain.next(now < executes_until, now < owns_until, now);
    for (const auto& [what, name] : names)
      if (next == what) text += (text.empty() ? "" : ", ") + format_duration(now) + ' ' + name;
    if (next == Drain::Do::end) return text;
  }
  return text + ", never";
}

} // namespace

BOOST_AUTO_TEST_SUITE(drain)

BOOST_AUTO_TEST_CASE(what_runs_finishes_then_the_runs_are_handed_over_and_all_is_bounded) {
  const struct {
    const char* name;
    Millis executes, owns;
    const char* course;
  } table[] = {
      {"nothing to do", 0s, 0s, "250ms runs, 300ms end"},
      {"it finishes", 4s, 4500ms, "4s runs, 4s500ms end"},
      {"its time is up", 12s, 13s, "10s attempts, 12s runs, 13s end"},
      {"attempts stay", 1h, 14s, "10s attempts, 13s runs, 14s end"},
      {"nobody answers", 1h, 1h, "10s attempts, 13s runs, 16s end"},
  };
  for (const auto& row : table)
    BOOST_TEST_CONTEXT(row.name) BOOST_TEST(course(row.executes, row.owns) == row.course);
}

BOOST_AUTO_TEST_CASE(an_attempt_that_is_handed_over_resumes_and_spends_neither_try_nor_resume) {
  World world{"{plan: p, steps: [{id: one, agent: a, retry: [{max_attempts: 2}]}]}"};
  const auto handed_over = [&] {
    const auto error = make_error(ErrorClass::agent_down, "node n1 is draining");
    world.say(
        world.attempt_of("one"),
        message::TaskFailed{error,
                            std::nullopt,
                            {{{false, "t.v", 0}, "d", JsonText{"{}"}, {JsonText{"1"}, {}}, 3}},
                            true});
  };
  for (unsigned i = 0; i < 2 * limits::resumes_max; ++i) {
    handed_over();
    BOOST_TEST(std::holds_alternative<message::TaskAcknowledged>(world.replies.back().body));
    const auto* next = world.assignment("one");
    BOOST_TEST(next->attempt == i + 2);
    BOOST_TEST(next->body.resumed);
    BOOST_TEST(next->body.recorded.size() == 1u); // what it did is not done again
  }
  BOOST_TEST(world.machine->state().find("one")->resumes == 0u);
  BOOST_TEST(world.machine->state().find("one")->tries[0] == 0u);
  BOOST_TEST(world.events("attempt.failed") + world.events("attempt.lost") == 0u);
  BOOST_TEST(world.folds_alike());
  world.complete("one");
  BOOST_TEST(world.ended);
}

BOOST_AUTO_TEST_CASE(what_a_node_that_left_in_order_had_not_finished_resumes_and_spends_nothing) {
  World world{"{plan: p, steps: [{id: one, agent: a, retry: [{max_attempts: 2}]}]}"};
  for (unsigned i = 0; i < 2 * limits::resumes_max; ++i) {
    const auto left = world.nodes.begin()->second;
    world.add_node("n1"); // started anew
    world.happen(NodeGone{left, true});
    BOOST_TEST(world.attempt_of("one") == i + 2);
    BOOST_TEST(world.assignment("one")->body.resumed);
  }
  BOOST_TEST(world.machine->state().find("one")->resumes == 0u);
  BOOST_TEST(world.events("attempt.lost") == 0u);
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(the_end_of_an_attempt_that_was_handed_over_is_acknowledged_again) {
  World world{"{plan: p, steps: [{id: one, agent: a}]}"};
  const message::TaskFailed end{
      make_error(ErrorClass::agent_down, "draining"), std::nullopt, {}, true};
  world.say(1, end);
  world.say(1, end);
  BOOST_TEST(std::holds_alternative<message::TaskAcknowledged>(world.replies.back().body));
}

BOOST_AUTO_TEST_SUITE_END()
