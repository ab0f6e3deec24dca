// One step's talk with the node that runs its attempt.
#include <boost/test/unit_test.hpp>

#include "runtime/supervision/step_driver.hpp"

using namespace troupe;
using namespace troupe::supervision;

namespace {

struct Talk final : private StepPort {
  SeededEntropy entropy{2};
  IncarnationId node = entropy.make_id<IncarnationId>(Instant{});
  StepDriver driver{entropy.make_id<RunId>(Instant{}), "s", *this};
  std::vector<AttemptNumber> assigned, asked; // in the order of their sending
  std::vector<AttemptNumber> timers;
  std::vector<Stimulus> told;
  std::vector<std::string> ends; // told to the run

  void assign(AttemptNumber attempt) {
    driver.perform(SendAssignment{"s", attempt, "n", node, {}, 0, {}}, 1, Instant{});
  }
  void question(AttemptNumber attempt) {
    driver.perform(AskStatus{"s", attempt, "n", node}, 1, Instant{});
  }
  void answer(AttemptNumber attempt, message::Body body) {
    message::AgentMessage message;
    message.sender = "n/agent_host";
    message.body = std::move(body);
    driver.answered(attempt, message);
  }
  void silence(AttemptNumber attempt, ErrorClass why) {
    driver.answered(attempt, make_error(why, "no answer"));
  }
  /// The timers that are armed ring, in order.
  void ring() {
    for (const auto attempt : std::exchange(timers, {})) driver.status_due(attempt);
  }

 private:
  void ask(AttemptNumber attempt, message::Outgoing message) override {
    const bool status = std::holds_alternative<message::TaskStatus>(message.body);
    (status ? asked : assigned).push_back(attempt);
  }
  void ask_later(AttemptNumber attempt, Millis) override { timers.push_back(attempt); }
  void happened(Stimulus what) override { told.push_back(std::move(what)); }
  void ended(message::AgentMessage end, const std::string& node) override {
    ends.push_back(std::to_string(end.context.attempt) + " at " + node);
  }
  void refused(IncarnationId) override {}
};

} // namespace

BOOST_AUTO_TEST_SUITE(step_driver)

BOOST_AUTO_TEST_CASE(an_attempt_that_runs_is_asked_after_again_and_again) {
  Talk talk;
  talk.assign(1);
  for (std::size_t round = 1; round <= 3; ++round) {
    talk.answer(1, message::TaskAccepted{});
    talk.ring();
    BOOST_TEST(talk.asked.size() == round);
  }
}

BOOST_AUTO_TEST_CASE(a_question_out_of_turn_does_not_make_the_turns_more_frequent) {
  Talk talk;
  talk.assign(1);
  talk.answer(1, message::TaskAccepted{});
  talk.question(1);
  BOOST_TEST(talk.asked.size() == 1u);
  talk.answer(1, message::TaskAccepted{});
  for (std::size_t round = 2; round <= 4; ++round) {
    talk.ring();
    BOOST_TEST(talk.asked.size() == round);
    talk.answer(1, message::TaskAccepted{});
  }
}

BOOST_AUTO_TEST_CASE(nobody_is_asked_after_an_attempt_that_it_is_just_being_given) {
  Talk talk;
  talk.assign(1);
  talk.question(1);
  BOOST_TEST(talk.asked.empty());
  talk.silence(1, ErrorClass::agent_down);
  BOOST_REQUIRE(talk.told.size() == 1u);
  BOOST_TEST(std::holds_alternative<AssignmentUnanswered>(talk.told[0]));
}

BOOST_AUTO_TEST_CASE(nobody_there_means_that_the_attempt_is_lost_and_no_answer_means_nothing) {
  Talk talk;
  talk.assign(1);
  talk.answer(1, message::TaskAccepted{});
  talk.question(1);
  talk.silence(1, ErrorClass::timeout);
  BOOST_TEST(talk.told.empty());
  talk.question(1);
  talk.silence(1, ErrorClass::agent_down);
  BOOST_REQUIRE(talk.told.size() == 1u);
  BOOST_TEST(std::holds_alternative<AttemptNotThere>(talk.told[0]));
}

BOOST_AUTO_TEST_CASE(timers_of_an_attempt_that_is_over_ask_nothing_and_hold_nothing_up) {
  Talk talk;
  talk.assign(1);
  talk.answer(1, message::TaskAccepted{});
  const auto old = std::exchange(talk.timers, {});
  talk.assign(2);
  talk.answer(2, message::TaskAccepted{});
  for (const auto attempt : old) talk.driver.status_due(attempt);
  BOOST_TEST(talk.asked.empty());
  talk.ring();
  BOOST_TEST((talk.asked == std::vector<AttemptNumber>{2}));
}

/// The node stops telling it, once it hears that the run has it.
BOOST_AUTO_TEST_CASE(an_end_that_comes_as_the_answer_counts_even_after_a_cancel) {
  Talk talk;
  talk.assign(1);
  talk.driver.perform(CancelAttempt{"s", 1, "n", talk.node, "enough"}, 1, Instant{});
  talk.answer(1, message::TaskCancelled{});
  BOOST_TEST(talk.ends == std::vector<std::string>{"1 at n"}, boost::test_tools::per_element());
  BOOST_TEST(talk.told.empty());
}

BOOST_AUTO_TEST_SUITE_END()
