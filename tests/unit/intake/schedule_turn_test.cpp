// What schedules ask for at a moment, what they start, and how they are seen.
#include "runtime/intake/schedule_turn.hpp"

#include <boost/test/unit_test.hpp>

#include "runtime/intake/schedule_view.hpp"
#include "runtime/intake_limits.hpp"
#include "runtime/plan/parse.hpp"

using namespace troupe;
using namespace troupe::intake;
using namespace std::chrono_literals;

namespace {

Instant at(const char* text) { return *parse_iso8601(text); }

config::Schedule schedule(const std::string& id, const std::string& expression,
                          Missed missed = Missed::once) {
  config::Schedule made;
  made.id = id;
  made.expression = expression;
  made.zone = "Europe/Berlin";
  made.cron = *Cron::parse(expression, made.zone);
  made.catch_up.missed = missed;
  made.plan = "check";
  made.labels = {{"kind", {JsonText{R"("check")"}}},
                 {"due", {JsonText{R"("${{ schedule.due }}")"}}},
                 {"none", {JsonText{R"("${{ schedule.none }}")"}}}};
  made.inputs = {JsonText{R"({"day":"${{ schedule.due }}"})"}};
  return made;
}

/// A team with one plan, which takes a text.
std::vector<config::Team> teams(std::vector<config::Schedule> schedules) {
  config::Team team;
  team.name = "ops";
  const auto plan = plan::read_source("check.yaml",
                                      "plan: check\ninputs: { day: { type: string } }\n"
                                      "steps: [{ id: rest, wait: { for: 1s } }]\n");
  team.plans["check"] = {plan::parse_plan(plan.source).plan, plan.source.root.to_json()};
  team.schedules = std::move(schedules);
  return {team};
}

ports::ScheduleRow row(const config::Schedule& schedule, Instant seen) {
  return {{"ops", schedule.id}, schedule.timing(), seen};
}

/// "nightly 2026-11-20T02:00:00.000Z, ..": a firing, or with a minus what is let go until then.
std::string text_of(const ScheduleTurn& turn) {
  std::string text;
  for (const auto& act : turn.acts) {
    if (!text.empty()) text += ", ";
    if (const auto* firing = std::get_if<Firing>(&act))
      text += firing->schedule->id + " " + to_iso8601(firing->due);
    else
      text +=
          "-" + std::get<LetGo>(act).schedule->id + " " + to_iso8601(std::get<LetGo>(act).until);
  }
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(schedule_turn)

BOOST_AUTO_TEST_CASE(what_was_missed_is_made_good_by_the_policy) {
  struct Case {
    Missed missed;
    const char* now;
    std::string acts;
  };
  const Case table[] = {
      {Missed::once, "2026-11-20T01:59:59Z", ""},
      {Missed::once, "2026-11-20T02:00:00Z", "nightly 2026-11-20T02:00:00.000Z"},
      {Missed::skip, "2026-11-20T02:00:30Z", "nightly 2026-11-20T02:00:00.000Z"},
      {Missed::skip, "2026-11-20T02:01:01Z", "-nightly 2026-11-20T02:01:01.000Z"},
      {Missed::once, "2026-11-22T12:00:00Z", "nightly 2026-11-22T02:00:00.000Z"},
      {Missed::all, "2026-11-21T12:00:00Z",
       "nightly 2026-11-20T02:00:00.000Z, nightly 2026-11-21T02:00:00.000Z"},
  };
  for (const auto& [missed, now, acts] : table) BOOST_TEST_CONTEXT(now) {
      const auto nightly = schedule("nightly", "0 3 * * *", missed);
      const auto all = teams({nightly});
      BOOST_TEST(text_of(take_turn(all, {row(nightly, at("2026-11-19T12:00:00Z"))}, at(now))) ==
                 acts);
    }
}

BOOST_AUTO_TEST_CASE(a_schedule_that_another_file_declares_otherwise_is_left_alone) {
  const auto nightly = schedule("nightly", "0 3 * * *");
  const auto all = teams({nightly});
  auto newer = row(nightly, at("2026-11-01T00:00:00Z"));
  newer.timing = "0 4 * * * Europe/Berlin";
  BOOST_TEST(take_turn(all, {newer}, at("2026-11-20T12:00:00Z")).acts.empty());
  BOOST_TEST(take_turn(all, {}, at("2026-11-20T12:00:00Z")).acts.empty());
}

BOOST_AUTO_TEST_CASE(a_paused_schedule_asks_for_nothing_but_is_looked_at_in_time) {
  const auto often = schedule("often", "* * * * *");
  const auto all = teams({often});
  const auto now = at("2026-11-20T12:00:55Z");
  auto paused = row(often, at("2026-11-20T11:00:00Z"));
  paused.paused_at = at("2026-11-20T11:00:00Z");
  const auto turn = take_turn(all, {paused}, now);
  BOOST_TEST(turn.acts.empty());
  BOOST_TEST((turn.next == at("2026-11-20T12:01:00Z")));
  const auto rare = schedule("rare", "@yearly");
  BOOST_TEST((take_turn(teams({rare}), {row(rare, now)}, now).next ==
              now + limits::schedule_sweep_interval));
}

BOOST_AUTO_TEST_CASE(a_due_time_is_one_job_whoever_prepares_it) {
  const auto nightly = schedule("nightly", "0 3 * * *");
  const auto all = teams({nightly});
  const auto due = at("2026-11-20T02:00:00Z");
  SeededEntropy one{1}, two{2};
  const auto a = prepare_due(all[0], nightly, due, due, one);
  const auto b = prepare_due(all[0], nightly, due, due + 5s, two);
  BOOST_REQUIRE((a.ok() && b.ok()));
  BOOST_TEST((a->job.id != b->job.id));
  BOOST_TEST(a->job.idempotency_key == "schedule:nightly:2026-11-20T02:00:00.000Z");
  BOOST_TEST(b->job.idempotency_key == a->job.idempotency_key);
  BOOST_TEST(b->job.request_digest == a->job.request_digest);
  BOOST_TEST(a->job.inputs.text == R"({"day":"2026-11-20T02:00:00.000Z"})");
  BOOST_TEST((a->job.labels == Labels{{"kind", "check"}, {"due", "2026-11-20T02:00:00.000Z"}}));
  BOOST_TEST(a->job.source == "schedule");
  BOOST_TEST(a->job.title == "check");
  const auto by_hand = prepare_by_hand(all[0], nightly, "mine", due + 1h, one);
  BOOST_REQUIRE(by_hand.ok());
  BOOST_TEST(by_hand->job.idempotency_key == "mine");
  BOOST_TEST(by_hand->job.inputs.text == R"({"day":"2026-11-20T03:00:00.000Z"})");
}

BOOST_AUTO_TEST_CASE(inputs_that_do_not_fit_the_plan_are_an_error_that_says_so) {
  auto nightly = schedule("nightly", "0 3 * * *");
  nightly.inputs = {JsonText{R"({"day":"${{ schedule }}"})"}};
  const auto all = teams({nightly});
  SeededEntropy entropy{1};
  const auto due = at("2026-11-20T02:00:00Z");
  const auto wrong = prepare_due(all[0], nightly, due, due, entropy);
  BOOST_REQUIRE(!wrong.ok());
  BOOST_TEST((wrong.error().error_class == ErrorClass::invalid_input));
}

BOOST_AUTO_TEST_CASE(views_tell_what_comes_and_what_was) {
  const auto nightly = schedule("nightly", "0 3 * * *"), often = schedule("often", "*/30 * * * *");
  const auto all = teams({nightly, often});
  const auto now = at("2026-11-20T01:45:00Z");
  auto known = row(nightly, now), paused = row(often, now);
  known.last_due = at("2026-11-19T02:00:00Z");
  const auto two = view_next_times(all, {known, row(often, now)}, {}, 3, now).text;
  BOOST_TEST(two ==
             R"({"times":[{"team":"ops","id":"nightly","at":"2026-11-20T02:00:00.000Z",)"
             R"("local":"2026-11-20 03:00 CET"},{"team":"ops","id":"often",)"
             R"("at":"2026-11-20T02:00:00.000Z","local":"2026-11-20 03:00 CET"},{"team":"ops",)"
             R"("id":"often","at":"2026-11-20T02:30:00.000Z","local":"2026-11-20 03:30 CET"}]})");
  paused.paused_at = now;
  paused.paused_by = "ann";
  const auto list = view_schedules(all, {known, paused}, {}, now).text;
  BOOST_TEST(list.find(R"("last_due":"2026-11-19T02:00:00.000Z","last_job":null,"note":"",)"
                       R"("next":"2026-11-20T02:00:00.000Z")") != list.npos,
             list);
  BOOST_TEST(list.find(R"("paused":true,"paused_at":"2026-11-20T01:45:00.000Z","paused_by":"ann",)"
                       R"("last_due":null,"last_job":null,"note":"","next":null)") != list.npos,
             list);
  BOOST_TEST(view_next_times(all, {known, paused}, {"", "often"}, 9, now).text ==
             R"({"times":[]})");
  BOOST_TEST(view_schedule(all, {}, {"ops", "none"}, now).text == "null");
  BOOST_TEST(view_schedule(all, {}, {"ops", "often"}, now).text.find(R"("declared":false)") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
