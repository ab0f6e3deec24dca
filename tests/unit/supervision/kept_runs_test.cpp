// Which runs a node has, whatever the store answers, and in whatever order.
#include "runtime/supervision/kept_runs.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

using namespace troupe;
using namespace troupe::supervision;

namespace {

struct Node final : KeeperPort {
  Node() {
    kept.attach(*this);
    kept.owner_is(owner, now);
  }

  void claim(IncarnationId, std::uint32_t) override {}
  void find_due(Instant) override {}
  void ring_at(Instant) override {}
  void start(const ports::RunRow& row) override { calls.push_back("start " + name(row.id)); }
  void start_new(const ports::RunRow& row, ports::JournalRow) override {
    calls.push_back("start new " + name(row.id));
  }
  void stop(RunId run) override { calls.push_back("stop " + name(run)); }
  bool hand_over(RunId) override { return true; }
  void nothing_kept() override {}
  void wake(RunId) override {}
  void find_inboxes(IncarnationId) override {}
  void release(RunId, IncarnationId) override {}
  void start_later(RunId, Millis) override {}
  void park(const ParkAsk& ask, IncarnationId) override { asks.push_back(ask); }
  void not_parked(RunId run) override { calls.push_back("go on " + name(run)); }
  void park_later(const ParkAsk& ask) override { later.push_back(ask); }

  std::string name(RunId id) const { return id == run.id ? "run" : "another"; }
  void claimed() { kept.claimed(std::vector{run}, now); }
  std::vector<std::string> said() { return std::exchange(calls, {}); }

  SeededEntropy entropy{1};
  Instant now{std::chrono::seconds{1'000}};
  IncarnationId owner = entropy.make_id<IncarnationId>(now);
  ports::RunRow run = [this] {
    ports::RunRow row;
    row.id = entropy.make_id<RunId>(now);
    row.owner = owner;
    return row;
  }();
  std::vector<std::string> calls;
  std::vector<ParkAsk> asks, later;
  KeptRuns kept;
};

using Calls = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(kept_runs_)

BOOST_AUTO_TEST_CASE(a_claimed_run_is_started_once) {
  Node node;
  node.claimed();
  BOOST_TEST(node.said() == Calls{"start run"}, boost::test_tools::per_element());
  node.claimed();
  BOOST_TEST(node.said().empty());
}

BOOST_AUTO_TEST_CASE(a_new_run_is_this_nodes_own_while_none_waits_to_be_claimed) {
  Node node;
  BOOST_TEST(!node.kept.taker().has_value()); // not known yet
  node.kept.claimed(std::vector<ports::RunRow>{}, node.now);
  BOOST_TEST((node.kept.taker() == node.owner));
  node.kept.given(node.run, {});
  node.kept.given(node.run, {}); // its answer was lost, and told again by a claim
  node.claimed();
  BOOST_TEST(node.said() == Calls{"start new run"}, boost::test_tools::per_element());
  BOOST_TEST(node.kept.has(node.run.id));

  node.kept.claimed(make_error(ErrorClass::internal, "no answer"), node.now);
  BOOST_TEST(!node.kept.taker().has_value());
}

BOOST_AUTO_TEST_CASE(
    a_new_run_that_was_given_to_an_incarnation_before_is_left_to_whoever_claims_it) {
  Node node;
  node.kept.owner_is(node.entropy.make_id<IncarnationId>(node.now), node.now);
  node.kept.given(node.run, {});
  BOOST_TEST(node.said().empty());
  BOOST_TEST(!node.kept.has(node.run.id));
}

BOOST_AUTO_TEST_CASE(a_run_whose_inbox_holds_something_is_not_parked) {
  Node node;
  node.claimed();
  node.kept.park(node.run.id, std::nullopt);
  node.said();
  node.kept.parked(node.asks.at(0), ports::ParkOutcome::inbox_waiting, node.now);
  BOOST_TEST(node.said() == Calls{"go on run"}, boost::test_tools::per_element());
  BOOST_TEST(node.kept.has(node.run.id));
}

/// The answer of a park was lost, the run was woken, and this node itself claimed it again.
BOOST_AUTO_TEST_CASE(a_run_that_was_parked_and_claimed_again_is_driven_whatever_is_answered_late) {
  Node node;
  node.claimed();
  node.kept.park(node.run.id, std::nullopt);
  node.kept.parked(node.asks.at(0), make_error(ErrorClass::internal, "lost"), node.now);
  BOOST_REQUIRE(node.later.size() == 1u);
  node.kept.park_again(node.later.front());
  BOOST_REQUIRE(node.asks.size() == 2u);
  node.said();

  node.claimed();
  const Calls afresh{"stop run", "start run"};
  BOOST_TEST(node.said() == afresh, boost::test_tools::per_element());
  node.kept.parked(node.asks.at(1), ports::ParkOutcome::not_owner, node.now);
  BOOST_TEST(node.said().empty());
  BOOST_TEST(node.kept.has(node.run.id));
  node.kept.park_again(node.later.front());
  BOOST_TEST(node.asks.size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
