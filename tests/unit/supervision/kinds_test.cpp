// foreach, repeat, switch, wait, approval, fallback, deadlines: each kind of step.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "runtime/artifact/reference.hpp"
#include "runtime/hash.hpp"
#include "tests/unit/supervision/world.hpp"

using namespace troupe;
using namespace troupe::supervision;

BOOST_AUTO_TEST_SUITE(kinds)

BOOST_AUTO_TEST_CASE(a_foreach_runs_so_many_at_once_and_gathers_a_list) {
  World world{
      "{plan: p, inputs: {hosts: {type: array}}, steps: [{id: each, foreach: {in: \"${{ "
      "inputs.hosts }}\", as: host, concurrency: 2, do: {id: go, agent: a, task: \"${{ host "
      "}} ${{ index }}\"}}}, {id: after, agent: b, task: \"${{ steps.each.output }}\"}]}",
      R"({"hosts":["n","m","o"]})"};
  BOOST_TEST(world.sent.size() == 2u);
  BOOST_TEST(world.assignment("each[1]/go")->body.task.text == R"("m 1")");
  world.complete("each[1]/go", "\"M\"");
  BOOST_TEST(world.phase_name("each[2]/go") == "running");
  world.complete("each[2]/go", "\"O\"");
  world.complete("each[0]/go", "\"N\"");
  BOOST_TEST(world.assignment("after")->body.task.text == R"(["N","M","O"])");
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(a_foreach_over_nothing_completes_with_an_empty_list) {
  World world{"{plan: p, steps: [{id: each, foreach: {in: [], do: [{id: go, agent: a}]}}]}"};
  BOOST_TEST(world.output("each") == "[]");
  BOOST_TEST(world.ended);
}

BOOST_AUTO_TEST_CASE(items_of_a_list_are_sequences_and_nest) {
  World world{
      "{plan: p, steps: [{id: out, foreach: {in: [[1, 2], [3]], as: row, do: [{id: in, "
      "foreach: {in: \"${{ row }}\", as: cell, do: [{id: one, agent: a, task: \"${{ cell "
      "}}\"}, {id: two, agent: b, task: \"${{ steps.one.output }}\"}]}}]}}]}"};
  BOOST_TEST(world.sent.size() == 3u);
  world.complete("out[0]/in[1]/one", "22");
  BOOST_TEST(world.assignment("out[0]/in[1]/two")->body.task.text == "22");
  for (const auto* step : {"out[0]/in[0]/one", "out[1]/in[0]/one"}) world.complete(step, "0");
  for (const auto* step : {"out[0]/in[0]/two", "out[0]/in[1]/two", "out[1]/in[0]/two"})
    world.complete(step, "9");
  BOOST_TEST(world.output("out") ==
             R"([{"in":[{"one":0,"two":9},{"one":22,"two":9}]},{"in":[{"one":0,"two":9}]}])");
}

BOOST_AUTO_TEST_CASE(failures_of_items_are_tolerated_up_to_a_share) {
  World world{
      "{plan: p, steps: [{id: each, tolerate_failures: 50%, foreach: {in: [0, 1, 2, 3], "
      "concurrency: 1, do: {id: go, agent: a}}}]}"};
  world.fail("each[0]/go");
  world.complete("each[1]/go", "1");
  world.fail("each[2]/go");
  world.complete("each[3]/go", "3");
  BOOST_TEST(world.output("each") == "[null,1,null,3]");
  BOOST_TEST((world.finish().state == ports::RunState::completed));
}

BOOST_AUTO_TEST_CASE(beyond_that_no_further_item_starts) {
  World world{
      "{plan: p, steps: [{id: each, foreach: {in: [0, 1, 2], concurrency: 1, do: {id: go, "
      "agent: a}}}]}"};
  world.fail("each[0]/go");
  BOOST_TEST(world.sent.size() == 1u);
  BOOST_TEST((world.finish().state == ports::RunState::failed));
}

BOOST_AUTO_TEST_CASE(an_item_is_restarted_by_its_foreach) {
  World world{
      "{plan: p, steps: [{id: each, restart: {intensity: 1, jitter: none, interval: 1s}, "
      "foreach: {in: [0, 1], concurrency: 1, do: {id: go, agent: a}}}]}"};
  world.fail("each[0]/go");
  BOOST_TEST(world.sent.size() == 1u);
  world.pass(Millis{1000});
  BOOST_TEST(world.assignment("each[0]/go")->iteration == 1u);
  world.complete("each[0]/go", "0");
  world.complete("each[1]/go", "1");
  BOOST_TEST(world.output("each") == "[0,1]");
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(ten_thousand_items_run_within_their_window) {
  std::string list = "[0";
  for (int i = 1; i < 10'000; ++i) list += ',' + std::to_string(i);
  World world{
      "{plan: p, inputs: {list: {type: array}}, steps: [{id: each, foreach: {in: \"${{ "
      "inputs.list }}\", do: {id: go, agent: a}}}]}",
      R"({"list":)" + list + "]}"};
  for (int i = 0; i < 10'000; ++i) {
    BOOST_REQUIRE(world.sent.size() == static_cast<std::size_t>(std::min(i + 10, 10'000)));
    world.complete("each[" + std::to_string(i) + "]/go", std::to_string(i));
  }
  BOOST_TEST((world.output("each") == list + ']'));
}

BOOST_AUTO_TEST_CASE(a_plan_of_a_thousand_steps_runs) {
  std::string steps;
  for (int i = 0; i < 1000; ++i) steps += "{id: s" + std::to_string(i) + ", agent: a},";
  World world{"{plan: p, steps: [" + steps + "]}"};
  for (int i = 0; i < 1000; ++i) world.complete("s" + std::to_string(i));
  BOOST_TEST((world.finish().state == ports::RunState::completed));
}

BOOST_AUTO_TEST_CASE(a_repeat_goes_on_until_its_condition_holds) {
  World world{
      "{plan: p, steps: [{id: poll, repeat: {max: 3, until: \"${{ steps.look.output.ok "
      "}}\", do: [{id: look, agent: a, task: \"${{ index }}\"}]}}]}"};
  world.complete("poll[0]/look", R"({"ok":false})");
  BOOST_TEST(world.assignment("poll[1]/look")->body.task.text == "1");
  world.complete("poll[1]/look", R"({"ok":true})");
  BOOST_TEST(world.output("poll") == R"({"look":{"ok":true}})");
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(a_repeat_whose_condition_is_not_met_in_time_fails) {
  World world{
      "{plan: p, steps: [{id: poll, repeat: {max: 2, until: \"${{ steps.look.output }}\", "
      "do: {id: look, agent: a}}}]}"};
  world.complete("poll[0]/look", "false");
  world.complete("poll[1]/look", "false");
  BOOST_TEST((world.machine->state().find("poll")->error->error_class == ErrorClass::task_failed));
}

BOOST_AUTO_TEST_CASE(a_switch_takes_one_case) {
  const std::pair<const char*, const char*> table[] = {{R"({"kind":"b"})", "pick/b/y"},
                                                       {R"({"kind":404})", "pick/404/z"},
                                                       {R"({"kind":null})", "pick/default/d"}};
  for (const auto& [inputs, step] : table) BOOST_TEST_CONTEXT(step) {
      World world{
          "{plan: p, inputs: {kind: {}}, steps: [{id: pick, switch: {on: \"${{ inputs.kind "
          "}}\", cases: {a: [{id: x, agent: a}], b: [{id: y, agent: b}], \"404\": {id: z, "
          "agent: c}}, default: [{id: d, agent: a}]}}, {id: after, agent: c, task: \"${{ "
          "steps.pick.output }}\"}]}",
          inputs};
      BOOST_TEST(world.sent.size() == 1u);
      world.complete(step, "5");
      BOOST_TEST(world.assignment("after")->body.task.text.find("5") != std::string::npos);
      BOOST_TEST(world.folds_alike());
    }
}

BOOST_AUTO_TEST_CASE(a_switch_without_a_case_for_it_fails) {
  World world{
      "{plan: p, steps: [{id: pick, switch: {on: \"${{ run.id }}\", cases: {a: [{id: "
      "x, agent: a}]}}}]}"};
  BOOST_TEST(
      (world.machine->state().find("pick")->error->error_class == ErrorClass::invalid_input));
}

BOOST_AUTO_TEST_CASE(a_wait_ends_with_its_time_or_at_once_when_skipped) {
  for (const bool skipped : {false, true}) {
    World world{"{plan: p, steps: [{id: nap, wait: {for: 5m}}, {id: next, agent: a}]}"};
    BOOST_TEST(world.machine->rest(world.now).resting);
    BOOST_TEST((*world.machine->rest(world.now).until == world.now + std::chrono::minutes{5}));
    if (skipped)
      world.post("skip_wait", R"({"step":"nap"})");
    else
      world.pass(std::chrono::minutes{5});
    BOOST_TEST(world.phase_name("next") == "running");
    BOOST_TEST(!world.machine->rest(world.now).resting);
    BOOST_TEST(world.folds_alike());
  }
}

BOOST_AUTO_TEST_CASE(a_wait_takes_the_oldest_signal_of_its_name_also_one_that_came_before) {
  World world{"{plan: p, steps: [{id: one, wait: {signal: go}}, {id: two, wait: {signal: go}}]}"};
  world.post("signal", R"({"name":"other","body":0})");
  BOOST_TEST(world.phase_name("one") == "waiting");
  world.happen(InboxRead{{{"s1", "signal", JsonText{R"({"name":"go","body":1})"}, world.now},
                          {"s2", "signal", JsonText{R"({"name":"go","body":2})"}, world.now}}});
  BOOST_TEST(world.output("one") == "1");
  BOOST_TEST(world.output("two") == "2");
  BOOST_TEST((world.finish().state == ports::RunState::completed));
}

BOOST_AUTO_TEST_CASE(a_wait_for_a_signal_times_out) {
  World world{"{plan: p, steps: [{id: one, timeout: 1m, wait: {signal: go}}]}"};
  world.pass(std::chrono::minutes{1});
  BOOST_TEST((world.machine->state().find("one")->error->error_class == ErrorClass::timeout));
}

namespace {

std::string decision(const World& world, const std::string& by, bool approved) {
  const auto& digest = world.machine->state().find("ok")->approval->digest;
  return R"({"step":"ok","digest":")" + digest + R"(","by":")" + by + R"(","approved":)" +
         (approved ? "true" : "false") + R"(,"reason":"because"})";
}

constexpr auto* gate =
    "{plan: p, steps: [{id: ok, approval: {role: admin, expires: 1h, message: "
    "\"Go?\"}}, {id: next, agent: a}]}";

} // namespace

BOOST_AUTO_TEST_CASE(an_approval_lets_on_or_denies) {
  for (const bool approved : {true, false}) {
    World world{gate};
    BOOST_TEST(world.machine->rest(world.now).resting);
    world.post("approval", decision(world, "ann", approved));
    BOOST_TEST(world.phase_name("next") == (approved ? "running" : "blocked"));
    if (!approved)
      BOOST_TEST((world.machine->state().find("ok")->error->error_class == ErrorClass::denied));
  }
}

BOOST_AUTO_TEST_CASE(an_approval_expires_and_a_later_decision_changes_nothing) {
  World world{gate};
  const auto late = decision(world, "ann", true);
  world.pass(std::chrono::hours{1});
  BOOST_TEST((world.machine->state().find("ok")->error->error_class == ErrorClass::timeout));
  BOOST_TEST(world.ended);
  world.post("approval", late);
  BOOST_TEST(world.events("approval.decided") == 0u);
}

BOOST_AUTO_TEST_CASE(an_approval_binds_its_subject_and_is_not_the_requesters_own) {
  World world{gate};
  auto stale = decision(world, "ann", true);
  stale.replace(stale.find("digest\":\"") + 9, 4, "0000");
  world.post("approval", stale);
  BOOST_TEST(world.phase_name("ok") == "waiting");
  BOOST_TEST(world.machine->state().find("ok")->approval->digest ==
             digest(world.machine->state().find("ok")->approval->subject));
}

BOOST_AUTO_TEST_CASE(a_fallback_waits_for_a_node_as_any_step_does) {
  World world{"{plan: p, steps: [{id: one, agent: a, fallback: b}]}"};
  world.capacity = false;
  world.fail("one");
  BOOST_REQUIRE_EQUAL(world.waiting.size(), 1u);
  BOOST_TEST(world.waiting[0].role == "b");
  BOOST_TEST(world.withdrawn.empty()); // that comes after the request, and would be of it
  world.offer_capacity();
  BOOST_TEST(world.assignment("one")->body.role.role == "b");
}

BOOST_AUTO_TEST_CASE(a_fallback_follows_exhausted_retries_within_the_iteration) {
  World world{
      "{plan: p, steps: [{id: one, agent: a, fallback: b, retry: [{max_attempts: 2, jitter: "
      "none}]}]}"};
  world.fail("one");
  world.pass(Millis{1000});
  world.fail("one");
  BOOST_TEST(world.assignment("one")->body.role.role == "b");
  BOOST_TEST(world.assignment("one")->iteration == 0u);
  world.fail("one"); // has retries of its own
  world.pass(Millis{1000});
  world.fail("one");
  BOOST_TEST((world.finish().state == ports::RunState::failed));
}

BOOST_AUTO_TEST_CASE(a_deadline_covers_attempts_and_waits_and_refuses_early) {
  World world{
      "{plan: p, steps: [{id: one, agent: a, deadline: 10s, retry: [{max_attempts: 9, "
      "interval: 6s, backoff_rate: 1, jitter: none}]}]}"};
  BOOST_TEST(world.assignment("one")->body.timeout_ms == 10'000u);
  world.fail("one");
  world.pass(Millis{6000});
  BOOST_TEST(world.assignment("one")->body.timeout_ms == 4'000u);
  world.fail("one"); // another try would come too late
  BOOST_TEST((world.finish().state == ports::RunState::failed));
}

BOOST_AUTO_TEST_CASE(a_groups_deadline_stops_what_runs_in_it_and_runs_what_always_runs) {
  World world{
      "{plan: p, steps: [{id: g, deadline: 10s, sequence: [{id: x, agent: a}, {id: y, "
      "agent: b}, {id: tidy, agent: c, always: true}]}]}"};
  world.pass(Millis{10'000});
  BOOST_TEST(world.phase_name("g/x") == "stopping");
  world.cancelled("g/x");
  BOOST_TEST(world.phase_name("g/y") == "cancelled");
  world.complete("g/tidy");
  BOOST_TEST((world.machine->state().find("g")->error->error_class == ErrorClass::timeout));
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(a_step_that_nobody_takes_in_time_fails_with_no_capacity) {
  World world{
      "{plan: p, steps: [{id: nap, wait: {for: 1s}}, {id: one, agent: a, start_within: 5m, "
      "fallback: b}]}"};
  world.capacity = false;
  world.pass(Millis{1000});
  BOOST_TEST(world.waiting.back().role == "a");
  world.pass(std::chrono::minutes{5});
  BOOST_TEST(world.waiting.back().role == "b");
  world.pass(std::chrono::minutes{5});
  BOOST_TEST((world.machine->state().find("one")->error->error_class == ErrorClass::no_capacity));
}

BOOST_AUTO_TEST_CASE(labels_travel_with_the_request_for_a_node) {
  World world{
      "{plan: p, steps: [{id: nap, wait: {for: 1s}}, {id: one, agent: a, labels: "
      "[gpu=1]}]}"};
  world.capacity = false;
  world.pass(Millis{1000});
  BOOST_TEST(world.waiting.back().labels == std::vector<std::string>{"gpu=1"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_output_that_breaks_its_schema_is_a_failed_try) {
  World world{
      "{plan: p, steps: [{id: one, agent: a, output_schema: {type: object, required: [n]}, "
      "retry: [{on: [invalid_output], jitter: none}]}]}"};
  world.complete("one", "{}");
  BOOST_TEST(world.phase_name("one") == "waiting");
  world.pass(Millis{1000});
  world.complete("one", R"({"n":1})");
  BOOST_TEST((world.finish().state == ports::RunState::completed));
}

BOOST_AUTO_TEST_CASE(a_schema_is_held_against_the_reference_of_what_was_too_large) {
  const JsonText reference = artifact::to_json({std::string(64, 'a'), 4'000'000, "text/plain"});
  World unseen{
      "{plan: p, steps: [{id: one, agent: a, output_schema: {type: array}, "
      "retry: [{on: [invalid_output], max_attempts: 1}]}]}"};
  unseen.complete("one", reference.text);
  const auto& error = unseen.machine->state().find("one")->error;
  BOOST_TEST_REQUIRE(error.has_value());
  BOOST_TEST((error->error_class == ErrorClass::invalid_output));
  BOOST_TEST(error->message.starts_with("output_schema cannot look into an artifact, which an "
                                        "output of 4000000 bytes is: "),
             error->message);
  World meant{
      "{plan: p, steps: [{id: one, agent: a, output_schema: {type: object, required: "
      "[artifact]}}]}"};
  meant.complete("one", reference.text);
  BOOST_TEST((meant.finish().state == ports::RunState::completed));
}

BOOST_AUTO_TEST_CASE(a_pause_starts_nothing_and_lets_finish_what_runs) {
  World world{"{plan: p, steps: [{id: one, agent: a}, {id: two, agent: b}]}"};
  world.post("pause", R"({"by":"ann"})");
  world.complete("one");
  BOOST_TEST(world.phase_name("two") == "pending");
  BOOST_TEST(world.machine->rest(world.now).resting);
  world.post("resume", "{}");
  BOOST_TEST(world.phase_name("two") == "running");
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(the_last_progress_counts_though_it_came_soon_after_the_one_before) {
  World world{"{plan: p, steps: [{id: one, agent: a, retry: [{jitter: none}]}]}"};
  const auto says = [&](const char* progress) {
    world.say(world.attempt_of("one"), message::TaskProgress{"on it", JsonText{progress}});
  };
  says("1");
  says("2");
  says("3");
  says("null"); // a note alone
  BOOST_TEST(world.events("attempt.progressed") == 1u);
  world.fail("one");
  BOOST_TEST(world.events("attempt.progressed") == 2u);
  world.ring_last_timer();
  BOOST_TEST(world.assignment("one")->body.progress->text == "3");
  world.adopt("owner-2"); // and so says the journal
  world.happen(AttemptNotThere{world.attempt_of("one")});
  BOOST_TEST(world.assignment("one")->body.progress->text == "3");
}

BOOST_AUTO_TEST_CASE(progress_is_handed_to_the_next_attempt_on_any_node) {
  World world{"{plan: p, steps: [{id: one, agent: a}]}"};
  world.say(world.attempt_of("one"), message::TaskProgress{"half", JsonText{"50"}});
  world.adopt("owner-2");
  world.happen(AttemptNotThere{world.attempt_of("one")});
  BOOST_TEST(world.assignment("one")->body.progress->text == "50");
}

BOOST_AUTO_TEST_SUITE_END()
