// Reserve, act, settle: DURABILITY.md, "Activities".
#include <boost/test/unit_test.hpp>

#include "runtime/limits.hpp"
#include "tests/unit/supervision/world.hpp"

using namespace troupe;
using namespace troupe::supervision;

namespace {

const char* const two_tries =
    "{plan: p, steps: [{id: one, agent: a, retry: [{on: [tool_failed], jitter: none}]}]}";

struct Effects : World {
  Effects() : World{two_tries} {}
  IncarnationId executor = entropy.make_id<IncarnationId>(now);

  message::ActivityReserve reserve_of(NonceId nonce, std::string effect = "idempotent",
                                      std::string digest = "d") {
    return {{false, "service.restart", 0},
            std::move(digest),
            JsonText{"{}"},
            std::move(effect),
            "write",
            nonce,
            executor,
            {}};
  }
  NonceId nonce() { return entropy.make_id<NonceId>(now); }
  template <class Body>
  bool answered() const {
    return !replies.empty() && std::holds_alternative<Body>(replies.back().body);
  }
  ErrorClass refusal() const {
    return std::get<message::ActivityRefused>(replies.back().body).error.error_class;
  }
  void settle(NonceId nonce, std::optional<Error> error = {}) {
    say(attempt_of("one"),
        message::ActivitySettle{
            {false, "service.restart", 0}, nonce, {JsonText{"true"}, std::move(error)}, 5, false});
  }
  void next_try() {
    fail("one", ErrorClass::tool_failed);
    ring_last_timer();
  }
  void after_the_grant() {
    now += limits::grant_period + limits::grant_margin + std::chrono::milliseconds{1};
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(activities)

BOOST_AUTO_TEST_CASE(a_reserve_is_journaled_and_then_granted) {
  Effects world;
  const auto rows = world.journal.size();
  world.say(1, world.reserve_of(world.nonce()));
  BOOST_TEST(world.answered<message::ActivityGranted>());
  BOOST_TEST(world.journal.size() == rows + 1);
}

BOOST_AUTO_TEST_CASE(the_same_reserve_again_is_granted_again_without_a_row) {
  Effects world;
  const auto nonce = world.nonce();
  world.say(1, world.reserve_of(nonce));
  const auto rows = world.journal.size();
  world.say(1, world.reserve_of(nonce));
  BOOST_TEST(world.answered<message::ActivityGranted>());
  BOOST_TEST(world.journal.size() == rows);
}

BOOST_AUTO_TEST_CASE(a_new_nonce_of_the_same_executor_is_granted_as_a_new_append) {
  Effects world;
  world.say(1, world.reserve_of(world.nonce()));
  const auto rows = world.journal.size();
  world.say(1, world.reserve_of(world.nonce()));
  BOOST_TEST(world.answered<message::ActivityGranted>());
  BOOST_TEST(world.journal.size() == rows + 1);
}

BOOST_AUTO_TEST_CASE(a_settled_result_is_recorded_once_and_given_to_whoever_reserves_again) {
  Effects world;
  const auto nonce = world.nonce();
  world.say(1, world.reserve_of(nonce));
  world.settle(nonce);
  BOOST_TEST(world.answered<message::ActivitySettled>());
  const auto rows = world.journal.size();
  world.settle(nonce); // repeated: the answer was lost
  BOOST_TEST(world.answered<message::ActivitySettled>());
  BOOST_TEST(world.journal.size() == rows);
  world.next_try();
  world.say(2, world.reserve_of(world.nonce()));
  BOOST_TEST(std::get<message::ActivitySettled>(world.replies.back().body).outcome.output.text ==
             "true");
}

BOOST_AUTO_TEST_CASE(other_arguments_under_the_same_key_are_an_effect_conflict) {
  Effects world;
  const auto nonce = world.nonce();
  world.say(1, world.reserve_of(nonce));
  world.settle(nonce);
  world.next_try();
  world.say(2, world.reserve_of(world.nonce(), "idempotent", "other"));
  BOOST_TEST((world.refusal() == ErrorClass::effect_conflict));
}

BOOST_AUTO_TEST_CASE(a_failed_effect_runs_afresh_on_a_retry_unless_it_acts_once) {
  for (const bool once : {false, true}) {
    Effects world;
    const auto nonce = world.nonce();
    const std::string effect = once ? "once" : "idempotent";
    world.say(1, world.reserve_of(nonce, effect));
    world.settle(nonce, make_error(ErrorClass::tool_failed, "no"));
    world.next_try();
    world.say(2, world.reserve_of(world.nonce(), effect));
    if (once)
      BOOST_TEST((world.refusal() == ErrorClass::effect_conflict));
    else
      BOOST_TEST(world.answered<message::ActivityGranted>());
  }
}

BOOST_AUTO_TEST_CASE(a_rival_waits_until_the_grant_is_over_and_its_executor_gone) {
  Effects world;
  world.say(1, world.reserve_of(world.nonce()));
  const auto first = world.executor;
  world.next_try();
  world.executor = world.entropy.make_id<IncarnationId>(world.now);
  const auto rival = world.reserve_of(world.nonce());
  const auto replies = world.replies.size();
  world.say(2, rival);
  BOOST_TEST(world.replies.size() == replies); // it may still act: no answer
  world.after_the_grant();
  world.say(2, rival);
  BOOST_TEST(world.replies.size() == replies); // over, but not gone
  world.happen(NodeGone{first});
  world.say(2, rival);
  BOOST_TEST(world.answered<message::ActivityGranted>());
}

BOOST_AUTO_TEST_CASE(an_effect_that_acts_once_becomes_unknown_when_its_executor_is_gone) {
  Effects world;
  world.say(1, world.reserve_of(world.nonce(), "once"));
  const auto first = world.executor;
  world.next_try();
  world.executor = world.entropy.make_id<IncarnationId>(world.now);
  world.happen(NodeGone{first});
  world.after_the_grant();
  world.say(2, world.reserve_of(world.nonce(), "once"));
  BOOST_TEST((world.refusal() == ErrorClass::outcome_unknown));
  world.say(2, world.reserve_of(world.nonce(), "once"));
  BOOST_TEST((world.refusal() == ErrorClass::outcome_unknown));
}

BOOST_AUTO_TEST_CASE(a_jump_of_the_date_ends_no_grant) {
  Effects world;
  world.say(1, world.reserve_of(world.nonce()));
  world.happen(NodeGone{world.executor});
  world.next_try();
  world.executor = world.entropy.make_id<IncarnationId>(world.now);
  const auto replies = world.replies.size();
  world.now += std::chrono::hours{1};
  world.date_moved_by = std::chrono::hours{1};
  world.say(2, world.reserve_of(world.nonce()));
  BOOST_TEST(world.replies.size() == replies);
}

BOOST_AUTO_TEST_CASE(a_new_owner_counts_a_grant_from_when_it_took_over) {
  Effects world;
  world.say(1, world.reserve_of(world.nonce()));
  const auto first = world.executor;
  world.next_try();
  world.executor = world.entropy.make_id<IncarnationId>(world.now);
  world.after_the_grant();
  world.adopt("owner-2"); // whose date may be any
  world.happen(NodeGone{first});
  const auto replies = world.replies.size();
  world.say(2, world.reserve_of(world.nonce()));
  BOOST_TEST(world.replies.size() == replies);
  world.after_the_grant();
  world.say(2, world.reserve_of(world.nonce()));
  BOOST_TEST(world.answered<message::ActivityGranted>());
}

BOOST_AUTO_TEST_CASE(a_reserve_that_was_overtaken_by_a_later_one_is_not_granted) {
  Effects world;
  const auto overtaken = world.nonce();
  world.now += std::chrono::milliseconds{1};
  world.say(1, world.reserve_of(world.nonce()));
  const auto replies = world.replies.size();
  world.say(1, world.reserve_of(overtaken));
  BOOST_TEST(world.replies.size() == replies);
}

BOOST_AUTO_TEST_CASE(a_node_that_lost_an_attempt_is_not_gone_and_may_still_act) {
  Effects world;
  world.executor = world.nodes.begin()->second; // the node of the attempt: its agent alone crashes
  world.say(1, world.reserve_of(world.nonce(), "once"));
  world.say(1, message::TaskFailed{make_error(ErrorClass::agent_down, "crashed"), {}, {}});
  world.after_the_grant();
  const auto replies = world.replies.size();
  world.say(2, world.reserve_of(world.nonce(), "once"));
  BOOST_TEST(world.replies.size() == replies); // its tool may be at work: it will settle
}

BOOST_AUTO_TEST_CASE(a_late_settle_of_an_attempt_that_is_over_is_still_taken) {
  Effects world;
  const auto nonce = world.nonce();
  world.say(1, world.reserve_of(nonce));
  world.next_try();
  world.say(1, message::ActivitySettle{
                   {false, "service.restart", 0}, nonce, {JsonText{"7"}, {}}, 5, false});
  BOOST_TEST(world.answered<message::ActivitySettled>());
  world.say(2, world.reserve_of(world.nonce()));
  BOOST_TEST(std::get<message::ActivitySettled>(world.replies.back().body).outcome.output.text ==
             "7");
}

BOOST_AUTO_TEST_CASE(a_settle_without_a_grant_in_the_journal_is_answered_not_here) {
  Effects world;
  world.settle(world.nonce());
  BOOST_TEST(world.answered<message::NotHere>());
}

BOOST_AUTO_TEST_CASE(
    riders_are_recorded_before_the_effect_and_replayed_to_an_attempt_that_resumes) {
  Effects world;
  auto reserve = world.reserve_of(world.nonce());
  reserve.riders.push_back(
      {{false, "probe.http", 0}, "p", JsonText{"{}"}, {JsonText{R"({"ok":false})"}, {}}, 3});
  const auto nonce = reserve.nonce;
  world.say(1, reserve);
  world.settle(nonce);
  world.happen(NodeGone{world.nodes.begin()->second});
  const auto& recorded = world.assignment("one")->body.recorded;
  BOOST_REQUIRE(recorded.size() == 2u);
  BOOST_TEST(recorded[0].key.tool == "probe.http");
  BOOST_TEST(recorded[1].key.tool == "service.restart");
}

BOOST_AUTO_TEST_CASE(a_call_that_was_stopped_with_its_attempt_answers_no_other_attempt) {
  for (const std::string effect : {"idempotent", "keyed", "once"}) BOOST_TEST_CONTEXT(effect) {
      Effects world;
      auto reserve = world.reserve_of(world.nonce());
      reserve.effect = effect;
      const auto nonce = reserve.nonce;
      world.say(1, reserve);
      world.happen(AssignmentUnanswered{1, "no answer", true}); // which cancels it
      world.say(1, message::ActivitySettle{
                       reserve.key,
                       nonce,
                       {JsonText{}, make_error(ErrorClass::cancelled, "nothing was written")},
                       5,
                       false});
      world.happen(NodeGone{world.nodes.begin()->second}); // the next one's, so that it resumes
      const auto attempt = world.attempt_of("one");
      BOOST_TEST(world.assignment("one")->body.resumed);
      BOOST_TEST(world.assignment("one")->body.recorded.empty());
      reserve.nonce = world.nonce();
      world.say(attempt, reserve);
      if (effect == "once")
        BOOST_TEST(
            (std::get<message::ActivityRefused>(world.replies.back().body).error.error_class ==
             ErrorClass::outcome_unknown));
      else
        BOOST_TEST(world.answered<message::ActivityGranted>());
      BOOST_TEST(world.folds_alike());
    }
}

BOOST_AUTO_TEST_CASE(a_retried_attempt_gets_only_successful_effects) {
  Effects world;
  auto reserve = world.reserve_of(world.nonce());
  reserve.riders.push_back({{false, "probe.http", 0}, "p", JsonText{"{}"}, {JsonText{"1"}, {}}, 3});
  const auto nonce = reserve.nonce;
  world.say(1, reserve);
  world.settle(nonce);
  world.next_try();
  const auto& recorded = world.assignment("one")->body.recorded;
  BOOST_REQUIRE(recorded.size() == 1u);
  BOOST_TEST(recorded[0].key.tool == "service.restart");
}

BOOST_AUTO_TEST_SUITE_END()
