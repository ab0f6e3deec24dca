// One attempt between its agent, the tools and the owner.
#include "runtime/agent/attempt_driver.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::agent;

namespace {

/// Does what the test says, once it has started.
struct Scripted final : Agent {
  explicit Scripted(std::vector<Action> actions) : actions{std::move(actions)} {}
  std::vector<Action> on(const Event&, Instant) override { return std::exchange(actions, {}); }
  std::vector<Action> actions;
};

struct Attempt final : AttemptPort {
  std::vector<message::Outgoing> reports, calls;
  std::vector<message::Body> ends;
  std::vector<Millis> timeouts; // of calls
  int again = 0;                // calls to be asked once more
  bool here = false;            // whether this very node serves the tool
  std::unique_ptr<AttemptDriver> driver;

  explicit Attempt(std::vector<Action> actions) {
    Assignment assignment;
    assignment.context = {RunId{}, "s", 0, 7, 1};
    assignment.owner_node = "owner-1";
    assignment.task.role.tools = {"ledger.*"};
    driver = std::make_unique<AttemptDriver>(
        std::move(assignment), std::make_shared<Scripted>(std::move(actions)), "n", *this);
  }
  std::optional<ServedHere> served_here(const std::string&) const override {
    return here ? std::optional{ServedHere{Millis{1000}, false}} : std::nullopt;
  }
  void call_tool(std::uint64_t, message::Outgoing message, Millis timeout) override {
    calls.push_back(std::move(message));
    timeouts.push_back(timeout);
  }
  void call_later(std::uint64_t, Millis) override { ++again; }
  void set_timer(std::uint64_t, Millis) override {}
  void report(message::Outgoing message) override { reports.push_back(std::move(message)); }
  void end(message::Body body) override { ends.push_back(std::move(body)); }
};

const CallTool one_write{1, "ledger.write", JsonText{"{}"}};

} // namespace

BOOST_AUTO_TEST_SUITE(attempt)

BOOST_AUTO_TEST_CASE(progress_goes_to_whoever_owns_the_run_by_then) {
  Attempt attempt{{Report{"half", JsonText{"50"}}}};
  attempt.driver->owner_is("owner-2", 4);
  attempt.driver->start({});
  BOOST_REQUIRE(attempt.reports.size() == 1u);
  BOOST_TEST(attempt.reports[0].recipient == "owner-2");
  BOOST_TEST(attempt.reports[0].context.epoch == 4u);
  const auto& progress = std::get<message::TaskProgress>(attempt.reports[0].body);
  BOOST_TEST(progress.note == "half");
  BOOST_TEST(progress.progress.text == "50");
}

BOOST_AUTO_TEST_CASE(a_cancel_of_a_call_goes_to_all_who_may_have_taken_it) {
  for (const auto& [here, recipient] : {std::pair{true, "ledger-at-n"}, {false, "ledger-all"}}) {
    Attempt attempt{{one_write}};
    attempt.here = here;
    attempt.driver->start({});
    attempt.driver->stop();
    BOOST_REQUIRE(attempt.reports.size() == 1u);
    BOOST_TEST(attempt.reports[0].recipient == recipient);
    BOOST_TEST(std::holds_alternative<message::ToolCancel>(attempt.reports[0].body));
    BOOST_TEST(std::holds_alternative<message::TaskCancelled>(attempt.ends.at(0)));
  }
}

BOOST_AUTO_TEST_CASE(a_call_waits_for_capacity_and_for_the_link_and_only_so_long_for_a_server) {
  using namespace std::chrono_literals;
  const auto asked_after = [](ErrorClass why, Millis time) {
    Attempt attempt{{one_write}};
    attempt.driver->start({});
    for (const auto at : {Millis{0}, time / 2, time}) {
      attempt.driver->answered(1, make_error(why, "no"), {{}, at});
      if (attempt.again > 0) attempt.driver->call_due(1, {{}, at});
    }
    return attempt.again;
  };
  BOOST_TEST(asked_after(ErrorClass::agent_down, 20s) == 3);
  BOOST_TEST(asked_after(ErrorClass::agent_down, 40s) == 2); // nobody has served it for too long
  BOOST_TEST(asked_after(ErrorClass::no_capacity, 24h) == 3);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_heard_of_again_begins_the_wait_anew) {
  using namespace std::chrono_literals;
  Attempt attempt{{one_write}};
  attempt.driver->start({});
  int asked = 0;
  for (const auto& [why, at] : {std::pair{ErrorClass::agent_down, 0s},
                                {ErrorClass::agent_down, 29s},
                                {ErrorClass::no_capacity, 31s},
                                {ErrorClass::agent_down, 50s}}) {
    attempt.driver->answered(1, make_error(why, "no"), {{}, at});
    BOOST_TEST(attempt.again == ++asked);
    attempt.driver->call_due(1, {{}, at});
  }
}

BOOST_AUTO_TEST_CASE(a_call_that_a_server_elsewhere_does_not_answer_is_asked_again_under_its_key) {
  Attempt attempt{{one_write}};
  const Error silence = make_error(ErrorClass::timeout, "no answer");
  Moment now{};
  attempt.driver->start(now);
  now.monotonic += attempt.timeouts.at(0);
  attempt.driver->answered(1, silence, now); // its server died, for all that is known
  BOOST_TEST(attempt.again == 1);
  attempt.driver->call_due(1, now);
  BOOST_REQUIRE(attempt.calls.size() == 2u);
  const auto& first = std::get<message::ToolCall>(attempt.calls[0].body);
  const auto& again = std::get<message::ToolCall>(attempt.calls[1].body);
  BOOST_TEST((first.key == again.key));
  now.monotonic += attempt.timeouts.at(1);
  attempt.driver->answered(1, silence, now); // as long as any call may take
  BOOST_TEST(attempt.again == 1);
}

BOOST_AUTO_TEST_CASE(what_is_handed_over_says_so_and_leaves_its_calls_alone) {
  Attempt attempt{{one_write}};
  attempt.driver->start({});
  attempt.driver->hand_over();
  BOOST_TEST(attempt.reports.empty());
  const auto& end = std::get<message::TaskFailed>(attempt.ends.at(0));
  BOOST_TEST(end.handed_over);
  BOOST_TEST((end.error.error_class == ErrorClass::agent_down));
}

BOOST_AUTO_TEST_CASE(the_pause_that_a_tool_asks_for_comes_with_the_failure) {
  Attempt attempt{{Fail{{ErrorClass::rate_limited, "busy", 4'000}}}};
  attempt.driver->start({});
  BOOST_TEST(std::get<message::TaskFailed>(attempt.ends.at(0)).retry_after_ms.value() == 4'000u);
}

BOOST_AUTO_TEST_SUITE_END()
