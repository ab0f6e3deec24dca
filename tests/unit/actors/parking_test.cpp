// A run that only waits gives up its owner, and comes back: in time, or when something is in its
// inbox.
#include <boost/test/unit_test.hpp>
#include <future>

#include "actors/protocol.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/actors/cluster.hpp"

using namespace troupe;
using namespace troupe::actors;
using namespace std::chrono_literals;

namespace {

/// A cluster whose one run waits for a node, with nothing under way.
struct Waiting {
  Waiting() {
    cluster.agent.reset();
    run = cluster.submit("{plan: p, steps: [{id: one, tool: ledger.write, with: {entry: one}}]}");
    BOOST_REQUIRE(support::eventually(
        [&] { return cluster.view(run).find("waits for a node") != std::string::npos; }));
  }
  bool is_here() { return static_cast<bool>(cluster.find("run:" + to_string(run))); }
  void park(std::optional<Instant> until) {
    caf::anon_send(cluster.find("orchestrator"), ParkRun{run, until});
  }
  /// With an agent it completes, and what it did it did once.
  void completes() {
    cluster.start_agent();
    BOOST_REQUIRE_MESSAGE(cluster.finishes(run), cluster.view(run));
    BOOST_TEST((cluster.state(run) == ports::RunState::completed), cluster.view(run));
    BOOST_TEST(cluster.ledger->count("one") == 1);
  }

  Cluster cluster;
  RunId run;
};

} // namespace

BOOST_AUTO_TEST_SUITE(parking)

BOOST_AUTO_TEST_CASE(a_parked_run_has_no_actor_and_wakes_in_time) {
  Waiting waiting;
  const auto parked_at = SystemClock{}.now();
  waiting.park(parked_at + 500ms);
  BOOST_TEST(support::eventually([&] { return !waiting.is_here(); }));
  BOOST_TEST(support::eventually([&] { return waiting.is_here(); }));
  const auto late = SystemClock{}.now() - (parked_at + 500ms);
  BOOST_TEST(late.count() >= 0);
  BOOST_TEST(late.count() < 1900); // by its timer, not by a sweep two seconds apart
  waiting.completes();
}

BOOST_AUTO_TEST_CASE(a_parked_run_is_woken_by_its_inbox) {
  Waiting waiting;
  waiting.park(std::nullopt);
  BOOST_TEST(support::eventually([&] { return !waiting.is_here(); }));
  std::promise<bool> posted;
  waiting.cluster.orchestrator->node->operations()->signal(
      waiting.run, "go", JsonText{"{}"}, [&](Result<bool> done) { posted.set_value(done.ok()); });
  BOOST_TEST(posted.get_future().get());
  BOOST_TEST(support::eventually([&] {
    return waiting.cluster.view(waiting.run).find("\"name\":\"go\"") != std::string::npos;
  }));
  BOOST_TEST(waiting.is_here());
  waiting.completes();
}

BOOST_AUTO_TEST_CASE(a_run_that_another_node_parked_is_woken_by_this_one) {
  Waiting waiting;
  waiting.park(SystemClock{}.now() + 1s);
  BOOST_TEST(support::eventually([&] { return !waiting.is_here(); }));
  waiting.cluster.start_orchestrator("orchestrator-2"); // the first is gone
  BOOST_TEST(support::eventually(
      [&] { return waiting.cluster.view(waiting.run).find("\"epoch\":2") != std::string::npos; }));
  waiting.completes();
}

BOOST_AUTO_TEST_SUITE_END()
