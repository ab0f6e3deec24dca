// A call of unknown outcome: its tool is asked before a person is.
#include <boost/test/unit_test.hpp>

#include "runtime/limits.hpp"
#include "tests/unit/supervision/world.hpp"

using namespace troupe;
using namespace troupe::supervision;

namespace {

const message::ActivityKey key{false, "ledger.pay", 0};

/// A `once` call was granted on n1, which is gone before it has settled.
struct Unknown : World {
  explicit Unknown(std::string reconcile = "ledger",
                   std::string plan = "{plan: p, steps: [{id: one, agent: a}]}")
      : World{std::move(plan)}, who{std::move(reconcile)} {
    add_node("n2");
    say(1, reserve(nodes.at("n1")));
    happen(NodeGone{nodes.at("n1")});
    nodes.erase("n1");
    pass(limits::grant_period + limits::grant_margin + std::chrono::seconds{1});
  }
  message::ActivityReserve reserve(IncarnationId executor) {
    nonces.push_back(entropy.make_id<NonceId>(now));
    return {key, "d", JsonText{R"({"to":"ann"})"}, "once", "write", nonces.back(), executor,
            {},  who};
  }
  void reserve_again() { say(attempt_of("one"), reserve(nodes.at("n2"))); }
  const LedgerEntry* entry() const { return machine->state().find("one")->ledger.find(0, key); }
  void tool_says(std::optional<bool> happened, bool reached = true) {
    happen(ToolTold{"one", nonces.front(), happened, reached, JsonText{"7"}, "no record of it"});
  }
  std::size_t answers() const { return replies.size(); }

  std::string who;
  std::vector<NonceId> nonces;
};

} // namespace

BOOST_AUTO_TEST_SUITE(reconcile)

BOOST_AUTO_TEST_CASE(the_tool_is_asked_and_whoever_wants_to_act_waits) {
  Unknown world;
  const auto before = world.answers();
  world.reserve_again();
  BOOST_REQUIRE(world.asked_tools.size() == 1u);
  const auto& ask = world.asked_tools.front();
  BOOST_TEST(ask.recipient == "ledger");
  BOOST_TEST((ask.question.key == key));
  BOOST_TEST(ask.question.arguments.text == R"({"to":"ann"})");
  world.reserve_again();
  BOOST_TEST(world.answers() == before); // no grant, no refusal: it is reserved again
  BOOST_TEST(world.asked_tools.size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_happened_is_taken_and_what_did_not_is_granted) {
  for (const bool happened : {true, false}) BOOST_TEST_CONTEXT(happened) {
      Unknown world;
      world.reserve_again();
      world.tool_says(happened);
      BOOST_TEST(world.events("activity.resolved") == 1u);
      world.reserve_again();
      const auto& answer = world.replies.back().body;
      if (happened)
        BOOST_TEST(std::get<message::ActivitySettled>(answer).outcome.output.text == "7");
      else
        BOOST_TEST(std::holds_alternative<message::ActivityGranted>(answer));
      BOOST_TEST(world.folds_alike());
    }
}

BOOST_AUTO_TEST_CASE(a_person_is_asked_when_the_tool_cannot_tell) {
  Unknown world;
  world.reserve_again();
  world.tool_says(std::nullopt);
  world.reserve_again();
  const auto& refused = std::get<message::ActivityRefused>(world.replies.back().body);
  BOOST_TEST((refused.error.error_class == ErrorClass::outcome_unknown));
  world.post("resolve", R"({"step":"one","happened":true,"by":"ann"})");
  world.reserve_again();
  BOOST_TEST(std::holds_alternative<message::ActivitySettled>(world.replies.back().body));
}

BOOST_AUTO_TEST_CASE(a_tool_that_is_not_reached_is_asked_again_and_then_a_person_is) {
  Unknown world;
  world.reserve_again();
  world.tool_says(std::nullopt, false);
  BOOST_TEST(world.asked_tools.size() == 1u);
  world.pass(limits::reconcile_interval);
  BOOST_TEST(world.asked_tools.size() == 2u);
  world.pass(limits::reconcile_max);
  world.tool_says(std::nullopt, false);
  world.reserve_again();
  BOOST_TEST(std::holds_alternative<message::ActivityRefused>(world.replies.back().body));
}

BOOST_AUTO_TEST_CASE(a_new_owner_asks_again) {
  Unknown world;
  world.reserve_again();
  world.adopt("owner-2");
  BOOST_TEST(world.asked_tools.size() == 2u);
  world.tool_says(true);
  world.tool_says(false); // the answer of the first question comes late
  BOOST_TEST((world.entry()->state == LedgerEntry::State::settled));
}

BOOST_AUTO_TEST_CASE(without_a_tool_that_can_tell_only_a_person_is_asked) {
  Unknown world{""};
  world.reserve_again();
  BOOST_TEST(world.asked_tools.empty());
  BOOST_TEST(std::holds_alternative<message::ActivityRefused>(world.replies.back().body));
}

BOOST_AUTO_TEST_CASE(an_undo_waits_for_the_word_of_the_tool) {
  Unknown world{"ledger", "{plan: p, steps: [{id: one, agent: a, undo: {agent: b}}]}"};
  world.reserve_again();
  world.fail("one");
  BOOST_TEST(world.assignment("one~undo") == nullptr);
  world.tool_says(true);
  BOOST_TEST(world.assignment("one~undo") != nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
