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

  void claim(IncarnationId, std::uint32_t limit, std::vector<ports::Lane> full) override {
    claims.push_back({limit, std::move(full)});
  }
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
  struct Claim {
    std::uint32_t limit;
    std::vector<ports::Lane> full;
  };
  /// Answers a claim as a store does in which so many of the lane wait.
  std::size_t answer(std::size_t waiting, const ports::Lane& lane) {
    const auto claim = claims.back();
    const bool is_full = std::ranges::find(claim.full, lane) != claim.full.end();
    std::vector<ports::RunRow> rows;
    while (!is_full && rows.size() < std::min<std::size_t>(claim.limit, waiting))
      rows.push_back(new_run(lane));
    kept.claimed(rows, now);
    calls.clear();
    return rows.size();
  }
  ports::RunRow new_run(const ports::Lane& lane) {
    ports::RunRow row;
    row.id = entropy.make_id<RunId>(now);
    row.owner = owner;
    row.lane = lane;
    runs.push_back(row.id);
    return row;
  }
  /// Claims until the store gives no more of the lane; how many it has.
  std::size_t fill(const ports::Lane& lane) {
    const auto before = kept.size();
    while (answer(100'000, lane) > 0) {
    }
    return kept.size() - before;
  }
  std::vector<RunId> runs; // made by new_run
  std::vector<Claim> claims;
  std::vector<std::string> calls;
  std::vector<ParkAsk> asks, later;
  KeptRuns kept;
};

using Calls = std::vector<std::string>;
using message::Priority;
const ports::Lane flood{Priority::normal, "flood"}, urgent{Priority::high, "flood"},
    quiet{Priority::normal, "quiet"};

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
  BOOST_TEST(!node.kept.taker().owner.has_value()); // not known yet
  node.kept.claimed(std::vector<ports::RunRow>{}, node.now);
  BOOST_TEST((node.kept.taker().owner == node.owner));
  node.kept.given(node.run, {});
  node.kept.given(node.run, {}); // its answer was lost, and told again by a claim
  node.claimed();
  BOOST_TEST(node.said() == Calls{"start new run"}, boost::test_tools::per_element());
  BOOST_TEST(node.kept.has(node.run.id));

  node.kept.claimed(make_error(ErrorClass::internal, "no answer"), node.now);
  BOOST_TEST(!node.kept.taker().owner.has_value());
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

// ---- shares

BOOST_AUTO_TEST_CASE(a_lane_with_its_share_is_claimed_no_more_and_others_are) {
  Node node;
  const auto had = node.fill(flood);
  BOOST_TEST(had >= 18'000u); // nine tenths of 20,000, and at most one claim more
  BOOST_TEST(had < 18'256u);
  BOOST_TEST((node.kept.taker().full == std::vector{flood}));
  BOOST_TEST(!node.kept.taker().of(flood).has_value());
  BOOST_TEST((node.kept.taker().of(quiet) == node.owner));

  node.kept.sweep(node.now);
  BOOST_TEST((node.claims.back().full == std::vector{flood}));
  BOOST_TEST(node.answer(1, urgent) == 1u);
  node.kept.sweep(node.now);
  BOOST_TEST(node.answer(100, quiet) == 100u);
}

BOOST_AUTO_TEST_CASE(however_many_teams_flood_a_node_it_claims_of_the_next) {
  Node node;
  for (char team = 'a'; team <= 'z'; ++team) {
    node.kept.sweep(node.now);
    BOOST_TEST(node.fill({Priority::normal, std::string{team}}) >= 20u);
  }
  BOOST_TEST(node.kept.size() >= limits::runs_owned_max);
  BOOST_TEST(node.kept.size() < limits::runs_owned_max + 1'000); // parts of their own
  node.kept.sweep(node.now);
  BOOST_TEST(node.answer(1, urgent) == 1u);
  BOOST_TEST((node.kept.taker().of(quiet) == node.owner));
}

BOOST_AUTO_TEST_CASE(as_runs_of_a_full_lane_end_it_is_claimed_again) {
  Node node;
  node.fill(flood);
  const auto asked = node.claims.size(), had = node.kept.size();
  while (node.claims.size() == asked) {
    node.kept.left(node.runs.back(), node.owner, RunExit::finished, node.now);
    node.runs.pop_back();
    BOOST_REQUIRE(node.kept.size() > had - 300);
  }
  BOOST_TEST(node.claims.back().full.empty());
  BOOST_TEST(node.answer(100'000, flood) > 0u);
}

BOOST_AUTO_TEST_CASE(nothing_is_held_for_runs_that_a_node_lost) {
  Node node;
  node.fill(flood);
  node.kept.owner_is(std::nullopt, node.now);
  BOOST_TEST(node.kept.taker().full.empty());
}

BOOST_AUTO_TEST_SUITE_END()
