// Retry and fork: what stands keeps its output, the rest happens again, and what repeats is told.
#include "runtime/supervision/fork.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fstream>

#include "tests/unit/supervision/world.hpp"

using namespace troupe;
using namespace troupe::supervision;

namespace {

Result<Fork> forked(const World& world, const ports::ForkRequest& request) {
  const auto& run = world.machine->state();
  return fork_run(run, request, {{run.created.bundle, ""}, run.bundle});
}

Fork must_fork(const World& world, const ports::ForkRequest& request) {
  auto fork = forked(world, request);
  BOOST_REQUIRE_MESSAGE(fork.ok(), (fork.ok() ? "" : fork.error().message));
  return std::move(*fork);
}

/// A run that begins with these events, as the node that claims it takes it over.
World continued(const std::string& plan, const Fork& fork, const std::string& inputs = "{}") {
  World world{plan, inputs};
  world.journal = {{0, world.entropy.make_id<AppendId>(world.now), world.now, encode(fork.events)}};
  world.sent.clear();
  world.adopt("owner-2");
  return world;
}

std::string joined(const std::vector<std::string>& paths) {
  std::string text;
  for (const auto& path : paths) text += (text.empty() ? "" : " ") + path;
  return text;
}

std::string assigned(const World& world) {
  std::string text;
  for (const auto& one : world.sent) text += (text.empty() ? "" : " ") + one.step;
  return text;
}

constexpr auto* chain =
    "{plan: p, inputs: {size: {type: integer, default: 1}}, steps: [{id: one, agent: a}, {id: two, "
    "agent: b, task: \"${{ inputs.size }}\"}, {id: side, agent: c, needs: [one]}, {id: last, "
    "agent: "
    "a, task: \"${{ steps.one.output }}\", needs: [one, two, side]}]}";

World ended_chain() {
  World world{chain, R"({"size":1})"};
  world.complete("one", R"("kept")");
  world.complete("side", "3");
  world.fail("two");
  return world;
}

} // namespace

BOOST_AUTO_TEST_SUITE(forks)

BOOST_AUTO_TEST_CASE(a_retry_keeps_what_completed_and_does_the_rest_again) {
  const World world = ended_chain();
  BOOST_TEST((world.finish().state == ports::RunState::failed));
  const Fork fork = must_fork(world, {});
  BOOST_TEST(joined(fork.kept) == "one side");
  BOOST_TEST(joined(fork.again) == "two last");
  BOOST_TEST((fork.created.forked_from == world.run_id));

  World again = continued(chain, fork, R"({"size":1})");
  BOOST_TEST(assigned(again) == "two");
  again.complete("two", "2");
  BOOST_TEST(again.assignment("last")->body.task.text == R"("kept")");
  again.complete("last");
  BOOST_TEST((again.finish().state == ports::RunState::completed));
  BOOST_TEST(again.folds_alike());
}

BOOST_AUTO_TEST_CASE(from_a_step_on_whatever_depends_on_it_happens_again) {
  const World world = ended_chain();
  const struct {
    const char *from, *kept, *again;
  } table[] = {{"one", "", "one two side last"},
               {"two", "one side", "two last"},
               {"side", "one", "two side last"},
               {"last", "one side", "two last"}};
  for (const auto& row : table) BOOST_TEST_CONTEXT(row.from) {
      ports::ForkRequest request;
      request.from = row.from;
      const Fork fork = must_fork(world, request);
      BOOST_TEST(joined(fork.kept) == row.kept);
      BOOST_TEST(joined(fork.again) == row.again);
    }
  ports::ForkRequest wrong;
  wrong.from = "tow";
  const auto refused = forked(world, wrong);
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().message.find("did you mean `two`?") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_edited_input_takes_with_it_who_reads_it) {
  World world{chain, R"({"size":1})"};
  world.complete("one", "1");
  world.complete("side", "3");
  world.complete("two", "2");
  world.fail("last");
  ports::ForkRequest request;
  BOOST_TEST(joined(must_fork(world, request).kept) == "one two side");
  request.inputs = JsonText{R"({"size":5})"};
  const Fork fork = must_fork(world, request);
  BOOST_TEST(joined(fork.kept) == "one side");
  World again = continued(chain, fork);
  BOOST_TEST(again.assignment("two")->body.task.text == "5");
  request.inputs = JsonText{R"({"size":"much"})"};
  BOOST_TEST(!forked(world, request).ok());
}

BOOST_AUTO_TEST_CASE(a_fork_from_the_start_keeps_nothing) {
  const World world = ended_chain();
  ports::ForkRequest request;
  request.keep = false;
  const Fork fork = must_fork(world, request);
  BOOST_TEST(fork.kept.empty());
  BOOST_TEST(fork.events.size() == 1u);
  BOOST_TEST(assigned(continued(chain, fork)) == "one");
}

BOOST_AUTO_TEST_CASE(items_that_stand_are_kept_and_the_others_begin_within_the_concurrency) {
  constexpr auto* plan =
      "{plan: p, steps: [{id: each, tolerate_failures: 100%, foreach: {in: [0, 1, 2, 3, 4], "
      "concurrency: 2, do: [{id: go, agent: a}, {id: on, agent: b}]}}, {id: last, agent: c, task: "
      "\"${{ steps.each.output }}\"}]}";
  World world{plan};
  for (const int item : {0, 1, 2, 3}) {
    const auto at = "each[" + std::to_string(item) + "]";
    world.complete(at + "/go", std::to_string(item));
    item % 2 == 1 ? world.fail(at + "/on") : world.complete(at + "/on", std::to_string(item));
  }
  world.post("kill", "{}");
  const Fork fork = must_fork(world, {});
  World again = continued(plan, fork);
  // Two of 1, 3 and 4 at once; of 1 and 3 the first half stands.
  BOOST_TEST(again.sent.size() == 2u);
  BOOST_TEST(again.phase_name("each[1]/on") == "running");
  BOOST_TEST(again.phase_name("each[3]/on") == "running");
  again.complete("each[1]/on", "11");
  BOOST_TEST(again.phase_name("each[4]/go") == "running");
  again.complete("each[3]/on", "33");
  again.complete("each[4]/go", "4");
  again.complete("each[4]/on", "44");
  BOOST_TEST(
      again.output("each") ==
      R"([{"go":0,"on":0},{"go":1,"on":11},{"go":2,"on":2},{"go":3,"on":33},{"go":4,"on":44}])");
  BOOST_TEST(again.folds_alike());
}

BOOST_AUTO_TEST_CASE(a_group_that_stands_is_kept_as_a_whole) {
  constexpr auto* plan =
      "{plan: p, steps: [{id: g, parallel: [{id: x, agent: a}, {id: y, agent: b}]}, {id: last, "
      "agent: "
      "c, task: \"${{ steps.g.output.x }}\"}]}";
  World world{plan};
  world.complete("g/x", "7");
  world.complete("g/y");
  world.fail("last");
  const Fork fork = must_fork(world, {});
  BOOST_TEST(joined(fork.kept) == "g");
  World again = continued(plan, fork);
  BOOST_TEST(again.assignment("last")->body.task.text == "7");
}

BOOST_AUTO_TEST_CASE(the_case_that_was_chosen_stays_chosen) {
  constexpr auto* plan =
      "{plan: p, steps: [{id: pick, switch: {on: \"${{ 'x' }}\", cases: {x: [{id: one, agent: a}, "
      "{id: two, "
      "agent: b}], y: [{id: other, agent: c}]}}}]}";
  World world{plan};
  world.complete("pick/x/one");
  world.fail("pick/x/two");
  World again = continued(plan, must_fork(world, {}));
  BOOST_TEST(assigned(again) == "pick/x/two");
  again.complete("pick/x/two");
  BOOST_TEST((again.finish().state == ports::RunState::completed));
}

BOOST_AUTO_TEST_CASE(what_was_undone_does_not_stand_and_what_is_kept_is_not_undone) {
  constexpr auto* plan =
      "{plan: p, steps: [{id: make, agent: a, undo: {agent: r}}, {id: use, agent: b}]}";
  World failed{plan};
  failed.complete("make");
  failed.fail("use");
  failed.complete("make~undo");
  BOOST_TEST(joined(must_fork(failed, {}).again) == "make use");

  World killed{plan};
  killed.complete("make");
  killed.post("kill", "{}");
  World again = continued(plan, must_fork(killed, {}));
  again.fail("use");
  BOOST_TEST((again.finish().state == ports::RunState::failed)); // nothing to undo: at once
}

BOOST_AUTO_TEST_CASE(effects_that_would_repeat_are_listed) {
  World world{"{plan: p, steps: [{id: pay, agent: a}, {id: tell, agent: b}]}"};
  world.act("pay", "once", "bank.pay");
  world.complete("pay");
  world.act("tell", "idempotent", "mail.send");
  world.fail("tell");
  BOOST_TEST(must_fork(world, {}).repeats.empty());
  ports::ForkRequest request;
  request.from = "pay";
  const Fork fork = must_fork(world, request);
  BOOST_REQUIRE(fork.repeats.size() == 1u);
  BOOST_TEST(fork.repeats[0].tool == "bank.pay");
  BOOST_TEST(fork.repeats[0].state == "settled");
  BOOST_TEST(would_repeat(fork).message.find("bank.pay of step pay") != std::string::npos);
  const auto shown = boost::json::parse(view_fork(fork, {}).text);
  BOOST_TEST(shown.at("run").is_null());
  BOOST_TEST(shown.at("repeats").at(0).at("effect") == "once");
}

BOOST_AUTO_TEST_CASE(signals_are_kept_and_those_taken_stay_taken) {
  constexpr auto* plan =
      "{plan: p, steps: [{id: told, wait: {signal: go}}, {id: use, agent: a, task: \"${{ "
      "steps.told.output }}\"}, {id: more, wait: {signal: go}}]}";
  World world{plan};
  world.post("signal", R"({"name":"go","body":1})");
  world.fail("use");
  World again = continued(plan, must_fork(world, {}));
  BOOST_TEST(again.assignment("use")->body.task.text == "1");
  again.complete("use");
  BOOST_TEST(again.phase_name("more") == "waiting");
}

BOOST_AUTO_TEST_CASE(the_first_append_of_a_forked_run_is_read_for_ever) {
  std::ifstream file{TROUPE_SOURCE_DIR "/tests/unit/supervision/golden/forked_run_0.2.json"};
  const std::string body{std::istreambuf_iterator<char>{file}, {}};
  const auto read = decode(body.substr(0, body.find_last_not_of('\n') + 1));
  BOOST_REQUIRE_MESSAGE(read.ok(), (read.ok() ? "" : read.error().message));
  const auto& created = std::get<RunCreated>(read->front());
  BOOST_TEST(to_string(*created.forked_from) == "018bcfe5-6800-7000-8000-000000000002");
  BOOST_TEST(created.forked_at == "two");
  BOOST_TEST(std::get<StepCompleted>(read->back()).kept);
  BOOST_TEST(encode(*read) + '\n' == body);
}

BOOST_AUTO_TEST_CASE(a_step_gets_other_words) {
  const std::string source =
      R"({"plan":{"plan":"p","steps":[{"id":"one","agent":"a","task":"old"},)"
      R"({"id":"two","tool":"t.x","with":{"n":1}}]},"roles":{},"team":"t"})";
  const auto unpacked = config::unpack_bundle(source);
  BOOST_REQUIRE_MESSAGE(unpacked.ok(), (unpacked.ok() ? "" : unpacked.error().message));
  RunState run =
      make_run_state(RunId{}, std::make_shared<const config::UnpackedBundle>(std::move(*unpacked)));
  run.created.bundle = "old hash";
  ports::ForkRequest request;
  BOOST_TEST(edit_bundle(source, run, request)->bundle.hash == "old hash");
  request.from = "one";
  request.task = JsonText{R"("new")"};
  const auto edited = edit_bundle(source, run, request);
  BOOST_REQUIRE_MESSAGE(edited.ok(), (edited.ok() ? "" : edited.error().message));
  BOOST_TEST(edited->bundle.hash != "old hash");
  BOOST_TEST(edited->bundle.body.find(R"("task":"new")") != std::string::npos);
  BOOST_TEST(edited->unpacked->plan.hash != run.bundle->plan.hash);
  request.task.reset();
  request.with = JsonText{"{}"};
  BOOST_TEST(!edit_bundle(source, run, request).ok()); // an agent has no `with`
  request.from = "two";
  BOOST_TEST(edit_bundle(source, run, request).ok());
  request.from.clear();
  BOOST_TEST(!edit_bundle(source, run, request).ok()); // of which step?
}

BOOST_AUTO_TEST_CASE(a_run_that_goes_on_may_be_forked_but_not_retried) {
  World world{"{plan: p, steps: [{id: one, agent: a}]}"};
  ports::ForkRequest retry;
  retry.retry = true;
  const auto refused = check_retry(world.machine->state(), retry);
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST((refused.error().error_class == ErrorClass::effect_conflict));
  BOOST_TEST(refused.error().message.find("is still running") != std::string::npos);
  BOOST_TEST(check_retry(world.machine->state(), {}).ok());
  world.fail("one");
  BOOST_TEST(check_retry(world.machine->state(), retry).ok());
}

BOOST_AUTO_TEST_SUITE_END()
