// What people may do to a run: whether it can be done, and that the run then does it.
#include "runtime/supervision/command.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "runtime/limits.hpp"
#include "tests/unit/supervision/world.hpp"

using namespace troupe;
using namespace troupe::supervision;

namespace {

constexpr auto* gate =
    "{plan: p, steps: [{id: ok, approval: {role: admin, expires: 1h, message: \"Go?\"}}, {id: "
    "next, "
    "agent: a}, {id: last, agent: b}]}";

const RunState& state(const World& world) { return world.machine->state(); }

/// As the operations port does: look, record, and let the run take it.
Result<> command(World& world, const ports::Command& command) {
  auto checked = check_command(state(world), command, world.now);
  if (checked)
    world.happen(InboxRead{{inbox_row(command, "c" + std::to_string(world.posted++), world.now)}});
  return checked;
}

void expect_refused(const World& world, const ports::Command& command, ErrorClass error_class,
                    const std::string& words) {
  const auto checked = check_command(state(world), command, world.now);
  BOOST_REQUIRE_MESSAGE(!checked.ok(), words);
  BOOST_TEST((checked.error().error_class == error_class), checked.error().message);
  BOOST_TEST(checked.error().message.find(words) != std::string::npos,
             checked.error().message << " lacks " << words);
}

ports::Decide decide(const World& world, std::string by, bool approved = true) {
  return {"ok", state(world).find("ok")->approval->digest, approved, std::move(by), ""};
}

/// A `once` call was granted, its executor is gone, and nobody can tell whether it happened.
void leave_unknown(World& world, const std::string& step) {
  const auto reserve = [&](IncarnationId executor) {
    world.reserve(step, "once", "pay.once", executor);
  };
  const auto lost = world.entropy.make_id<IncarnationId>(world.now);
  reserve(lost);
  world.happen(NodeGone{lost});
  world.now += limits::grant_period + limits::grant_margin + Millis{1};
  reserve(world.nodes.begin()->second);
}

} // namespace

BOOST_AUTO_TEST_SUITE(commands)

BOOST_AUTO_TEST_CASE(a_decision_binds_what_was_read_and_who_may_decide) {
  World world{gate};
  expect_refused(world, ports::Decide{"okk", "d", true, "ann", ""}, ErrorClass::invalid_input,
                 "did you mean `ok`?");
  expect_refused(world, ports::Decide{"next", "d", true, "ann", ""}, ErrorClass::invalid_input,
                 "step next is no approval");
  expect_refused(world, ports::Decide{"ok", "", true, "ann", ""}, ErrorClass::invalid_input,
                 "digest: missing");
  expect_refused(world, ports::Decide{"ok", "0000", true, "ann", ""}, ErrorClass::effect_conflict,
                 "asks for something else");
  BOOST_TEST(command(world, decide(world, "ann")).ok());
  BOOST_TEST(world.phase_name("next") == "running");
  expect_refused(world, ports::Decide{"ok", "d", true, "ann", ""}, ErrorClass::effect_conflict,
                 "step ok is completed: there is nothing to decide");
}

BOOST_AUTO_TEST_CASE(an_approval_that_has_expired_is_refused_before_its_timer_rings) {
  World world{gate};
  world.now += std::chrono::hours{1};
  expect_refused(world, decide(world, "ann"), ErrorClass::effect_conflict, "expired at ");
}

BOOST_AUTO_TEST_CASE(whoever_asked_for_a_run_does_not_decide_its_approvals) {
  World world{gate};
  RunState run = state(world);
  run.created.requested_by = "ann";
  const auto checked = check_command(run, decide(world, "ann"), world.now);
  BOOST_REQUIRE(!checked.ok());
  BOOST_TEST((checked.error().error_class == ErrorClass::denied));
  BOOST_TEST(check_command(run, decide(world, "bob"), world.now).ok());
}

BOOST_AUTO_TEST_CASE(pending_approvals_are_listed_with_what_they_bind) {
  World world{gate};
  const auto list = [&] {
    return boost::json::parse(view_approvals(state(world), world.now).text)
        .at("approvals")
        .as_array();
  };
  const auto pending = list();
  BOOST_REQUIRE(pending.size() == 1u);
  BOOST_TEST(pending[0].at("step") == "ok");
  BOOST_TEST(pending[0].at("role") == "admin");
  BOOST_TEST(pending[0].at("subject").at("message") == "Go?");
  BOOST_TEST(pending[0].at("digest").as_string() == state(world).find("ok")->approval->digest);
  BOOST_TEST(command(world, decide(world, "ann", false)).ok());
  BOOST_TEST(list().empty());
}

BOOST_AUTO_TEST_CASE(a_run_is_paused_and_resumed_once) {
  World world{"{plan: p, steps: [{id: one, agent: a}, {id: two, agent: b}]}"};
  expect_refused(world, ports::Resume{"ann"}, ErrorClass::effect_conflict, "is not paused");
  BOOST_TEST(command(world, ports::Pause{"ann"}).ok());
  expect_refused(world, ports::Pause{"ann"}, ErrorClass::effect_conflict, "is paused already");
  world.complete("one");
  BOOST_TEST(world.phase_name("two") == "pending");
  BOOST_TEST(command(world, ports::Resume{"ann"}).ok());
  BOOST_TEST(world.phase_name("two") == "running");
  world.complete("two");
  for (const ports::Command& late : std::initializer_list<ports::Command>{
           ports::Pause{}, ports::Kill{}, ports::SkipWait{}, ports::Resolve{}, ports::Decide{}})
    expect_refused(world, late, ErrorClass::effect_conflict, "is over: completed");
}

BOOST_AUTO_TEST_CASE(a_killed_run_ends_at_once_and_undoes_nothing) {
  World world{
      "{plan: p, steps: [{id: one, agent: a, undo: {agent: b}}, {id: two, agent: c}, {id: end, "
      "agent: r, always: true}]}"};
  world.complete("one");
  BOOST_TEST(command(world, ports::Kill{"enough"}).ok());
  BOOST_TEST(world.ended);
  expect_refused(world, ports::Kill{"again"}, ErrorClass::effect_conflict, "is over: cancelled");
  BOOST_TEST(world.machine->state().find("one~undo") == nullptr);
  BOOST_TEST(world.phase_name("end") == "cancelled");
}

BOOST_AUTO_TEST_CASE(a_run_that_is_being_cancelled_is_not_paused) {
  World world{"{plan: p, steps: [{id: one, agent: a}]}"};
  world.post("cancel", R"({"reason":"enough"})");
  expect_refused(world, ports::Pause{}, ErrorClass::effect_conflict, "is being cancelled");
}

BOOST_AUTO_TEST_CASE(what_waits_for_a_time_runs_now) {
  World world{
      "{plan: p, strategy: parallel, steps: [{id: rest, wait: {for: 1h}}, {id: told, wait: "
      "{signal: go}}, {id: flaky, agent: a, retry: [{interval: 20s, jitter: none}]}]}"};
  world.fail("flaky");
  expect_refused(world, ports::SkipWait{"told"}, ErrorClass::effect_conflict,
                 "step told is waiting and waits for no time");
  expect_refused(world, ports::SkipWait{"flakey"}, ErrorClass::invalid_input,
                 "did you mean `flaky`?");
  BOOST_TEST(command(world, ports::SkipWait{"flaky"}).ok());
  BOOST_TEST(world.phase_name("flaky") == "running");
  BOOST_TEST(world.phase_name("rest") == "waiting");
  BOOST_TEST(command(world, ports::SkipWait{}).ok());
  BOOST_TEST(world.phase_name("rest") == "completed");
  expect_refused(world, ports::SkipWait{}, ErrorClass::effect_conflict, "waits for a time");
}

BOOST_AUTO_TEST_CASE(a_person_says_what_became_of_a_call) {
  World world{"{plan: p, steps: [{id: pay, agent: a}]}"};
  expect_refused(world, ports::Resolve{"pay", "", true, {}, "ann"}, ErrorClass::effect_conflict,
                 "no call of step pay has an outcome that is unknown");
  leave_unknown(world, "pay");
  BOOST_REQUIRE(unknown_outcomes(*state(world).find("pay")).size() == 1u);
  expect_refused(world, ports::Resolve{"pay", "pay.twice", true, {}, "ann"},
                 ErrorClass::invalid_input, "did you mean `pay.once`?");
  BOOST_TEST(command(world, ports::Resolve{"pay", "", true, JsonText{"7"}, "ann"}).ok());
  const auto& entry = state(world).find("pay")->ledger.entries().front();
  BOOST_TEST((entry.state == LedgerEntry::State::settled));
  BOOST_TEST(entry.outcome.output.text == "7");
}

BOOST_AUTO_TEST_SUITE_END()
