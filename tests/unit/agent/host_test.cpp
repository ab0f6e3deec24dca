// The attempts that a node runs for their owners.
#include "runtime/agent/host_driver.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::agent;

namespace {

/// A host whose shell only writes down what it is told.
struct Host final : HostPort {
  SeededEntropy entropy{4};
  IncarnationId process = entropy.make_id<IncarnationId>(Instant{});
  RunId run = entropy.make_id<RunId>(Instant{});
  HostDriver driver{process, 8, *this};
  std::string log;
  std::vector<message::Outgoing> delivered;
  std::vector<HostTimer> ringing;

  void say(const std::string& what) { log += (log.empty() ? "" : "; ") + what; }

  void answer(const Asked&, message::Body body) override {
    say(std::string{message::type_name(body)});
  }
  Result<> start(std::uint64_t attempt, Assignment) override {
    say("start " + std::to_string(attempt));
    return {};
  }
  void stop(std::uint64_t attempt, const std::string& reason) override {
    say("stop " + std::to_string(attempt) + ' ' + reason);
  }
  void owner_is(std::uint64_t attempt, const std::string& node, Epoch epoch) override {
    say("owner of " + std::to_string(attempt) + " is " + node + " epoch " + std::to_string(epoch));
  }
  void hand_over(std::uint64_t attempt) override { say("hand over " + std::to_string(attempt)); }
  void deliver(std::uint64_t, message::Outgoing message) override {
    delivered.push_back(std::move(message));
  }
  void ask_whois(std::uint64_t, message::Outgoing) override { say("whois"); }
  void ring(HostTimer which, Millis) override { ringing.push_back(which); }
  /// Time passes until every timer has rung, twice: nothing waits longer.
  void pass() {
    for (int round = 0; round < 2; ++round)
      for (const auto which : std::exchange(ringing, {})) driver.rang(which);
  }

  /// What it does about a message of an owner.
  std::string hears(message::Body body, AttemptNumber attempt, Epoch epoch = 1,
                    const std::string& from = "owner-1", bool draining = false) {
    return hears_at(process, std::move(body), attempt, epoch, from, draining);
  }
  std::string hears_at(IncarnationId meant, message::Body body, AttemptNumber attempt, Epoch epoch,
                       const std::string& from, bool draining = false) {
    log.clear();
    message::AgentMessage message;
    message.recipient = "n/agent_host@" + to_string(meant);
    message.context = {run, "s", 0, attempt, epoch};
    message.body = std::move(body);
    driver.receive({std::move(message), "inbox", from}, draining);
    return std::exchange(log, {});
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(host)

BOOST_AUTO_TEST_CASE(one_cancel_stops_all_that_it_names_and_is_acknowledged_at_once) {
  Host host;
  for (AttemptNumber attempt : {11, 12, 13}) host.hears(message::TaskAssigned{}, attempt);
  BOOST_TEST(host.hears(message::TaskCancel{"enough", {11, 13, 99}}, 0) ==
             "task.acknowledged; stop 1 enough; stop 3 enough");
  BOOST_TEST(host.hears(message::TaskCancel{"late", {}}, 12) == "task.acknowledged; stop 2 late");
  host.driver.ended(2, message::TaskCancelled{});
  BOOST_TEST(host.hears(message::TaskCancel{"again", {}}, 12) == "task.acknowledged");
}

BOOST_AUTO_TEST_CASE(a_draining_host_takes_nothing_more_and_hands_over_what_still_runs) {
  Host host;
  host.hears(message::TaskAssigned{}, 11);
  host.hears(message::TaskAssigned{}, 12);
  host.pass();
  BOOST_TEST(host.hears(message::TaskAssigned{}, 13, 1, "owner-1", true) == "task.refused");
  host.driver.ended(1, message::TaskCompleted{});
  host.driver.hand_over();
  BOOST_TEST(host.log == "hand over 2");
  BOOST_TEST(host.driver.attempts() == 2u); // until their owner has taken their end
  message::AgentMessage taken;
  taken.body = message::TaskAcknowledged{};
  host.driver.delivered(1, taken);
  BOOST_TEST(host.driver.attempts() == 1u);
}

BOOST_AUTO_TEST_CASE(an_attempt_learns_of_its_next_owner_and_its_end_goes_there) {
  Host host;
  host.hears(message::TaskAssigned{}, 11);
  host.pass();
  BOOST_TEST(host.hears(message::TaskStatus{}, 11) == "task.accepted");
  BOOST_TEST(host.hears(message::TaskStatus{}, 11, 2, "owner-2") ==
             "owner of 1 is owner-2 epoch 2; task.accepted");
  BOOST_TEST(host.hears(message::TaskStatus{}, 11, 2, "owner-2") == "task.accepted");
  BOOST_TEST(host.hears(message::TaskCancel{"stale", {}}, 11, 1) == "bus.not_here");
  host.driver.ended(1, message::TaskCompleted{});
  BOOST_REQUIRE(host.delivered.size() == 1u);
  BOOST_TEST(host.delivered[0].recipient == "owner-2");
  BOOST_TEST(host.delivered[0].context.epoch == 2u);
}

BOOST_AUTO_TEST_CASE(a_short_task_is_answered_with_its_end_and_a_long_one_is_accepted) {
  Host host;
  BOOST_TEST(host.hears(message::TaskAssigned{}, 11) == "start 1");
  host.driver.ended(1, message::TaskCompleted{});
  BOOST_TEST(host.log == "task.completed");
  host.hears(message::TaskAcknowledged{}, 11);
  host.hears(message::TaskAssigned{}, 12);
  host.pass();
  BOOST_TEST(host.log == "task.accepted");
  host.driver.ended(2, message::TaskCompleted{});
  BOOST_TEST(host.delivered.size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_end_that_was_an_answer_is_told_again_until_its_owner_has_it) {
  Host host;
  host.hears(message::TaskAssigned{}, 11);
  host.driver.ended(1, message::TaskCompleted{});
  host.pass();
  BOOST_TEST(host.delivered.size() == 1u);
  BOOST_TEST(host.driver.attempts() == 1u);
  host.hears(message::TaskAcknowledged{}, 11);
  BOOST_TEST(host.driver.attempts() == 0u);
  host.pass();
  BOOST_TEST(host.delivered.size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_meant_for_another_start_of_the_node_is_refused) {
  Host host;
  host.hears(message::TaskAssigned{}, 11);
  const auto former = host.entropy.make_id<IncarnationId>(Instant{});
  for (const message::Body& body :
       {message::Body{message::TaskAssigned{}}, message::Body{message::TaskStatus{}},
        message::Body{message::TaskCancel{"stop", {}}}})
    BOOST_TEST(host.hears_at(former, body, 11, 1, "owner-1") == "bus.not_here");
  BOOST_TEST(host.driver.attempts() == 1u);
}

BOOST_AUTO_TEST_CASE(no_command_of_a_former_owner_is_obeyed) {
  Host host;
  host.hears(message::TaskAssigned{}, 11, 2, "owner-2");
  for (const message::Body& body :
       {message::Body{message::TaskAssigned{}}, message::Body{message::TaskStatus{}},
        message::Body{message::TaskCancel{"stop", {}}}, message::Body{message::TaskAcknowledged{}}})
    BOOST_TEST(host.hears(body, 11, 1, "owner-1") == "bus.not_here");
  BOOST_TEST(host.hears(message::TaskAssigned{}, 12, 1, "owner-1") == "bus.not_here");
}

BOOST_AUTO_TEST_CASE(a_repeated_assignment_starts_nothing_and_gets_the_end_that_is_known) {
  Host host;
  host.hears(message::TaskAssigned{}, 11);
  BOOST_TEST(host.hears(message::TaskAssigned{}, 11) == "task.accepted");
  host.driver.ended(1, message::TaskCompleted{});
  BOOST_TEST(host.hears(message::TaskAssigned{}, 11) == "task.completed");
  BOOST_TEST(host.hears(message::TaskStatus{}, 11) == "task.completed");
}

BOOST_AUTO_TEST_CASE(an_attempt_under_way_is_not_forgotten_by_an_acknowledgement) {
  Host host;
  host.hears(message::TaskAssigned{}, 11);
  host.hears(message::TaskAcknowledged{}, 11);
  BOOST_TEST(host.driver.attempts() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
