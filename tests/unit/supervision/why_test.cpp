// "Why is it waiting, why here, why did it fail?"
#include "runtime/supervision/why.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/unit/supervision/world.hpp"

using namespace troupe;
using namespace troupe::supervision;

namespace {

/// What `troupe why` says, as the operations port puts it together.
boost::json::value asked(const World& world, std::string_view step,
                         Circumstances::Nowhere nowhere = {}) {
  Circumstances known;
  known.now = world.now;
  known.row.owner_node = "orchestrator-1";
  known.history.note(world.journal);
  known.nowhere = std::move(nowhere);
  const auto answer = explain(world.machine->state(), step, known);
  BOOST_REQUIRE_MESSAGE(answer.ok(), (answer.ok() ? "" : answer.error().message));
  return boost::json::parse(answer->text);
}

std::string why(const World& world, std::string_view step, Circumstances::Nowhere nowhere = {}) {
  return std::string{asked(world, step, std::move(nowhere)).at("why").as_string()};
}

void expect_words(const std::string& text, std::initializer_list<const char*> words) {
  for (const auto* one : words)
    BOOST_TEST(text.find(one) != std::string::npos, text << "\n  lacks: " << one);
}

} // namespace

BOOST_AUTO_TEST_SUITE(why_)

BOOST_AUTO_TEST_CASE(a_step_that_nobody_takes_says_what_the_nodes_offer) {
  World world{"{plan: p, steps: [{id: one, agent: a, start_within: 5m}]}"};
  World idle{"{plan: p, steps: [{id: zero, agent: b}, {id: one, agent: a, start_within: 5m}]}"};
  idle.capacity = false;
  idle.complete("zero");
  idle.now += std::chrono::seconds{90};
  const auto questions = placement_questions(idle.machine->state(), "");
  BOOST_REQUIRE(questions.size() == 1u);
  BOOST_TEST(questions[0].role == "a");
  expect_words(why(idle, "one", {{"one", {"role a: 0 of 3 nodes offer label gpu"}}}),
               {"Step `one` is ready and waits for a node", "(1m30s)",
                "role a: 0 of 3 nodes offer label gpu", "It gives up at ", "(in 3m30s)"});
  BOOST_TEST(asked(idle, "one").at("waits_for") == "node");
  BOOST_TEST(placement_questions(world.machine->state(), "").empty());
}

BOOST_AUTO_TEST_CASE(a_step_that_runs_says_where_and_why_there) {
  World world{"{plan: p, steps: [{id: one, agent: a, timeout: 10m}]}"};
  world.now += std::chrono::seconds{4};
  expect_words(why(world, "one"), {"is running: attempt 1 on node n1 since ", "(4s)",
                                   ". Of the nodes that offered role a, n1 had the most free slots",
                                   "It times out at "});
}

BOOST_AUTO_TEST_CASE(a_step_between_two_tries_says_when_and_what_went_wrong) {
  World world{
      "{plan: p, steps: [{id: one, agent: a, retry: [{interval: 30s, jitter: none, max_attempts: "
      "4}]}]}"};
  world.fail("one");
  expect_words(why(world, "one"), {"next try at ", "(in 30s)", "try 2 of 4",
                                   "attempt 1 on n1 failed", "(task_failed: said so)"});
  BOOST_TEST(asked(world, "one").at("waits_for") == "retry");
  BOOST_TEST(asked(world, "").at("waits_for") == "retry");
}

BOOST_AUTO_TEST_CASE(what_waits_for_people_signals_and_time_says_so) {
  World world{
      "{plan: p, strategy: parallel, steps: [{id: ok, approval: {role: admin, expires: 1h}}, {id: "
      "told, timeout: 10m, wait: {signal: go}}, {id: rest, wait: {for: 5m}}]}"};
  expect_words(why(world, "ok"), {"waits for somebody with role admin to approve it",
                                  "it expires at ", "(in 1h)", "troupe approve "});
  expect_words(why(world, "told"), {"waits for the signal `go`", "it gives up at ", "(in 10m)"});
  expect_words(why(world, "rest"), {"waits for a time", "which comes at ", "(in 5m)"});
  const std::pair<const char*, const char*> table[] = {
      {"ok", "approval"}, {"told", "signal"}, {"rest", "timer"}};
  for (const auto& [step, what] : table) BOOST_TEST(asked(world, step).at("waits_for") == what);
  expect_words(why(world, ""),
               {"Node orchestrator-1 owns it (epoch 1)", "Step `ok`", "Step `told`"});
}

BOOST_AUTO_TEST_CASE(a_pending_step_names_what_it_needs) {
  World world{
      "{plan: p, steps: [{id: one, agent: a}, {id: two, agent: b}, {id: g, parallel: [{id: x, "
      "agent: c}]}]}"};
  expect_words(why(world, "two"), {"it needs `one` (running)"});
  expect_words(why(world, "g/x"), {"its group `g` has not begun"});
  world.post("pause", R"({"by":"ann"})");
  world.complete("one");
  expect_words(why(world, "two"), {"the run is paused by ann since "});
  expect_words(why(world, ""), {"It is paused by ann"});
  BOOST_TEST(asked(world, "").at("waits_for") == "resume");
}

BOOST_AUTO_TEST_CASE(a_failure_names_its_attempts_and_what_it_blocked) {
  World world{
      "{plan: p, steps: [{id: one, agent: a, retry: [{max_attempts: 2, jitter: none}]}, {id: two, "
      "agent: b}]}"};
  world.fail("one", ErrorClass::timeout);
  world.ring_last_timer();
  world.fail("one");
  expect_words(why(world, "one"),
               {"Step `one` failed at ", "task_failed: said so", "attempt 1 on n1 failed",
                "(timeout: said so)", "attempt 2 on n1 failed"});
  expect_words(why(world, "two"),
               {"is blocked: it needs `one`, which failed (task_failed: said so)"});
  expect_words(why(world, ""), {"The run failed at ", "Step `one` failed at "});
}

BOOST_AUTO_TEST_CASE(a_restart_and_an_escalation_are_told) {
  World world{
      "{plan: p, steps: [{id: g, restart: {intensity: 1, period: 5m, interval: 1m, jitter: none, "
      "backoff_rate: 1}, sequence: [{id: x, agent: a}]}]}"};
  world.fail("g/x");
  expect_words(why(world, "g/x"), {"is restarted by its group `g`", "restart 1 of 1 within 5m",
                                   "task_failed: said so", "not before "});
  expect_words(why(world, "g"), {"It restarts 1 child because `g/x` failed"});
  world.pass(Millis{60'000});
  world.fail("g/x");
  expect_words(why(world, "g/x"),
               {"Its group `g` did not restart it: 1 restarts within 5m are spent"});
}

BOOST_AUTO_TEST_CASE(what_was_skipped_cancelled_or_never_began_says_why) {
  World world{
      "{plan: p, inputs: {go: {type: boolean}}, steps: [{id: one, agent: a, when: \"${{ inputs.go "
      "}}\"}, {id: pick, switch: {on: \"${{ 'x' }}\", cases: {x: [{id: in_x, agent: a}], y: [{id: "
      "in_y, agent: "
      "b}]}}}]}",
      R"({"go":false})"};
  expect_words(why(world, "one"), {"was skipped: its `when` was false (inputs.go)"});
  expect_words(why(world, "pick/y/in_y"), {"never began: its group `pick/y` is skipped"});
  world.post("cancel", R"({"reason":"enough"})");
  world.cancelled("pick/x/in_x");
  expect_words(why(world, "pick/x/in_x"), {"was cancelled: the run was cancelled: enough"});
  expect_words(why(world, ""), {"The run was cancelled at ", "enough"});
}

BOOST_AUTO_TEST_CASE(a_group_counts_and_an_unknown_step_is_named) {
  World world{
      "{plan: p, steps: [{id: each, foreach: {in: [0, 1, 2, 3], concurrency: 2, do: {id: go, "
      "agent: "
      "a}}}]}"};
  world.complete("each[0]/go");
  expect_words(why(world, "each"), {"1 of 4 done, 0 failed, 2 under way"});
  const auto unknown = explain(world.machine->state(), "eahc", {});
  BOOST_REQUIRE(!unknown.ok());
  BOOST_TEST(unknown.error().message.find("did you mean `each`?") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_group_says_why_what_is_in_it_waits) {
  World world{
      "{plan: p, steps: [{id: each, foreach: {in: [0, 1, 2, 3, 4], concurrency: 5, do: {id: go, "
      "agent: a, retry: [{interval: 10s, jitter: none}]}}}]}"};
  world.fail("each[1]/go");
  expect_words(why(world, "each"), {"Step `each[1]/go` waits to be tried again"});
  BOOST_TEST(asked(world, "each").at("waits_for") == "retry");
  for (const auto* path : {"each[0]/go", "each[2]/go", "each[3]/go"}) world.fail(path);
  expect_words(why(world, "each"), {"Step `each[2]/go` waits", "So does 1 more."});
  BOOST_TEST(asked(world, "each").at("waits_for") == "need");

  World idle{"{plan: p, steps: [{id: zero, agent: b}, {id: g, parallel: [{id: x, agent: a}]}]}"};
  idle.capacity = false;
  idle.complete("zero");
  BOOST_TEST(placement_questions(idle.machine->state(), "g").size() == 1u);
  expect_words(why(idle, "g", {{"g/x", {"role a: all slots are taken"}}}),
               {"Step `g/x` is ready and waits for a node", "role a: all slots are taken"});
  BOOST_TEST(asked(idle, "g/x").at("waits_for") == "node");
  const Circumstances::Nowhere limited{{"g/x", {"limit a: 1 of 1 in use", true}}};
  BOOST_TEST(asked(idle, "g/x", limited).at("waits_for") == "limit");
  expect_words(why(idle, "g/x", limited), {"waits for a limit", ": limit a: 1 of 1 in use."});
}

BOOST_AUTO_TEST_SUITE_END()
