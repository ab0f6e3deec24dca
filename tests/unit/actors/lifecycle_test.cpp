// Nodes that end in order, cancels that reach whoever acts, calls of unknown outcome, pauses that
// others ask for: over the real shells.
#include <boost/test/unit_test.hpp>
#include <future>
#include <thread>

#include "tests/support/eventually.hpp"
#include "tests/unit/actors/cluster.hpp"

using namespace troupe;
using namespace troupe::actors;
using namespace std::chrono_literals;
using support::eventually;

namespace {

bool drains(TestNode& node, std::chrono::milliseconds bound,
            const std::function<void()>& meanwhile) {
  node.node->begin_drain();
  return eventually(
      [&] {
        meanwhile();
        return node.node->drained();
      },
      bound);
}

bool has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(lifecycle)

BOOST_AUTO_TEST_CASE(a_draining_node_finishes_what_runs_and_takes_nothing_more) {
  Cluster cluster;
  const auto run = cluster.submit(
      "{plan: p, steps: [{id: hold, tool: ledger.hold, with: {entry: hold}}, {id: last, tool: "
      "ledger.write, with: {entry: last}}]}");
  BOOST_REQUIRE(eventually([&] { return cluster.ledger->holding(); }));
  cluster.agent->node->begin_drain();
  BOOST_TEST(!cluster.agent->node->drained());
  cluster.ledger->release();
  BOOST_REQUIRE(eventually([&] { return cluster.agent->node->drained(); }));
  BOOST_TEST(cluster.ledger->count("last") == 0);
  cluster.start_agent();
  BOOST_REQUIRE(cluster.finishes(run));
  const auto events = cluster.events(run);
  BOOST_TEST(!has(events, "attempt.lost"), events);
  BOOST_TEST(!has(events, "attempt.failed"), events);
  BOOST_TEST(cluster.ledger->count("hold") == 1);
}

BOOST_AUTO_TEST_CASE(what_a_draining_node_cannot_finish_goes_on_elsewhere_and_happens_once) {
  Cluster cluster;
  const auto run =
      cluster.submit("{plan: p, steps: [{id: hold, tool: ledger.hold, with: {entry: hold}}]}");
  BOOST_REQUIRE(eventually([&] { return cluster.ledger->holding(); }));
  cluster.add_agent("agent-2", {"*"}, {cluster.ledger});
  cluster.agent->context->settings.drain = 300ms;
  const bool drained = drains(*cluster.agent, 10s, [&] {
    if (has(cluster.events(run), "\"handed_over\":true")) cluster.ledger->release();
  });
  BOOST_TEST(drained);
  cluster.agent.reset();
  BOOST_REQUIRE(cluster.finishes(run));
  const auto events = cluster.events(run);
  BOOST_TEST((cluster.state(run) == ports::RunState::completed), events);
  BOOST_TEST(!has(events, "attempt.lost"), events);
  BOOST_TEST(cluster.ledger->count("hold") == 1);
}

BOOST_AUTO_TEST_CASE(a_draining_owner_hands_its_runs_over_at_once) {
  Cluster cluster;
  const auto run =
      cluster.submit("{plan: p, steps: [{id: hold, tool: ledger.hold, with: {entry: hold}}]}");
  BOOST_REQUIRE(eventually([&] { return cluster.ledger->holding(); }));
  cluster.start_peer();
  BOOST_REQUIRE(eventually([&] { return cluster.peer->context->vitals->joined.load(); }));
  const auto began = std::chrono::steady_clock::now();
  BOOST_REQUIRE(drains(*cluster.orchestrator, 10s, [] {}));
  BOOST_TEST(!cluster.orchestrator->node->operations()->health().ready);
  BOOST_REQUIRE(eventually([&] { return cluster.peer->context->vitals->runs_owned == 1; }));
  const auto took = std::chrono::steady_clock::now() - began;
  BOOST_TEST((took < limits::lease_period)); // nobody waited for a lease to lapse
  cluster.orchestrator = std::move(cluster.peer);
  cluster.ledger->release();
  BOOST_REQUIRE(cluster.finishes(run));
  const auto events = cluster.events(run);
  BOOST_TEST(has(events, "\"epoch\":2"), events);
  BOOST_TEST(!has(events, "attempt.lost"), events);
  BOOST_TEST(cluster.ledger->count("hold") == 1);
}

BOOST_AUTO_TEST_CASE(a_cancel_reaches_the_server_on_another_node_that_took_the_call) {
  for (int round = 0; round < 3; ++round) { // any of the two may take it
    Cluster cluster;
    cluster.agent.reset();
    const auto left = std::make_shared<LedgerToolkit>(), right = std::make_shared<LedgerToolkit>();
    cluster.add_agent("thinks", {"worker"}, {});
    cluster.add_agent("left", {"other"}, {left});
    cluster.add_agent("right", {"other"}, {right});
    const auto run = cluster.submit(
        "{plan: p, steps: [{id: one, agent: worker, task: {tool: ledger.hold, with: {entry: "
        "x}}}]}");
    BOOST_REQUIRE(eventually([&] { return left->holding() || right->holding(); }));
    cluster.orchestrator->node->operations()->cancel(run, "enough", [](Result<bool>) {});
    BOOST_REQUIRE(cluster.finishes(run, 10s));
    BOOST_TEST((cluster.state(run) == ports::RunState::cancelled));
    BOOST_TEST(eventually([&] { return left->stopped() || right->stopped(); }, 5s));
  }
}

BOOST_AUTO_TEST_CASE(a_tool_tells_what_became_of_a_call_whose_node_is_gone) {
  Cluster cluster;
  const auto run =
      cluster.submit("{plan: p, steps: [{id: one, tool: ledger.pay, with: {entry: ann}}]}");
  BOOST_REQUIRE(eventually([&] { return cluster.ledger->holding(); }));
  cluster.agent->bus->set_link(false); // as if it were gone: nothing it says is heard
  cluster.add_agent("agent-2", {"*"}, {cluster.ledger});
  BOOST_REQUIRE(cluster.finishes(run, 60s));
  const auto events = cluster.events(run);
  BOOST_TEST((cluster.state(run) == ports::RunState::completed), events);
  BOOST_TEST(has(events, "activity.unknown"), events);
  BOOST_TEST(has(events, "\"by\":\"tool\""), events);
  BOOST_TEST(has(cluster.view(run), "{\"found\":true}"), cluster.view(run));
  BOOST_TEST(cluster.ledger->count("ann") == 1);
  BOOST_TEST(cluster.ledger->asked() >= 1);
  cluster.ledger->release();
}

BOOST_AUTO_TEST_CASE(a_pause_that_one_node_hears_of_holds_for_the_whole_cluster) {
  Cluster cluster;
  cluster.add_agent("agent-2", {"*"}, {cluster.ledger});
  const auto began = std::chrono::steady_clock::now();
  const auto run = cluster.submit(
      "{plan: p, steps: [{id: one, tool: ledger.busy, with: {entry: a}, retry: [{max_attempts: 2, "
      "interval: 10ms}]}]}");
  BOOST_REQUIRE(cluster.finishes(run));
  const auto took = std::chrono::steady_clock::now() - began;
  BOOST_TEST((cluster.state(run) == ports::RunState::completed), cluster.view(run));
  BOOST_TEST(cluster.ledger->count("a") == 2);
  BOOST_TEST((took >= 4s));
  const auto again =
      cluster.submit("{plan: p, steps: [{id: one, tool: ledger.busy, with: {entry: c}}]}");
  BOOST_REQUIRE(cluster.finishes(again)); // no retry: it fails, and closes the key
  BOOST_TEST((cluster.state(again) == ports::RunState::failed));
  const auto waits =
      cluster.submit("{plan: p, steps: [{id: one, tool: ledger.write, with: {entry: d}}]}");
  BOOST_TEST(
      !cluster.finishes(waits, 1s)); // though it is another tool: the toolkit's key is closed
  BOOST_REQUIRE(cluster.finishes(waits));
  BOOST_TEST((cluster.state(waits) == ports::RunState::completed));
  BOOST_TEST(!has(cluster.events(waits), "attempt.failed"));
}

BOOST_AUTO_TEST_CASE(a_node_ends_though_somebody_waits_for_what_happens_next) {
  Cluster cluster;
  const auto run = cluster.submit("{plan: p, steps: [{id: wait, wait: {signal: go}}]}");
  std::promise<Result<JsonText>> answered;
  ports::EventsPage page;
  page.after = 1'000;
  page.wait = 20s;
  cluster.orchestrator->node->operations()->events(
      run, page, [&](Result<JsonText> answer) { answered.set_value(std::move(answer)); });
  const auto began = std::chrono::steady_clock::now();
  cluster.orchestrator.reset();
  BOOST_TEST((std::chrono::steady_clock::now() - began < 10s));
  BOOST_TEST(!answered.get_future().get().ok());
}

/// As a thread of the store does, which answers for as long as the process lives.
BOOST_AUTO_TEST_CASE(a_node_ends_though_a_thread_that_asked_its_actors_lives_on) {
  Cluster cluster;
  const auto run = cluster.submit(
      "{plan: p, steps: [{id: lost, tool: ledger.write, with: {entry: a}, labels: [gpu=1]}]}");
  auto& operations = *cluster.orchestrator->node->operations();
  std::promise<void> asked, ended;
  std::thread outside{[&] {
    std::promise<void> nodes, why, events;
    operations.nodes([&](const auto&) { nodes.set_value(); });
    operations.why(run, "lost", [&](const auto&) { why.set_value(); });
    operations.events(run, {}, [&](const auto&) { events.set_value(); });
    for (auto* answer : {&nodes, &why, &events}) answer->get_future().wait();
    asked.set_value();
    ended.get_future().wait();
  }};
  asked.get_future().wait();
  auto destroyed = std::async(std::launch::async, [&] { cluster.orchestrator.reset(); });
  BOOST_TEST((destroyed.wait_for(30s) == std::future_status::ready));
  ended.set_value();
  outside.join();
}

BOOST_AUTO_TEST_SUITE_END()
