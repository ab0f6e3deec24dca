// A plan as a tree of supervised actors on two nodes that meet on the bus.
#include <boost/test/unit_test.hpp>
#include <future>

#include "tests/support/eventually.hpp"
#include "tests/unit/actors/cluster.hpp"

using namespace troupe;
using namespace troupe::actors;

BOOST_AUTO_TEST_SUITE(node)

BOOST_AUTO_TEST_CASE(a_plan_runs_on_two_nodes_and_every_effect_happens_once) {
  Cluster cluster;
  const auto run = cluster.submit(
      "{plan: p, steps: [{id: one, tool: ledger.write, with: {entry: one}}, {id: both, parallel: "
      "[{id: x, tool: ledger.write, with: {entry: x}}, {id: y, tool: ledger.read, with: {entry: "
      "y}}]}, "
      "{id: last, tool: ledger.write, with: {entry: \"after ${{ steps.both.output.x.count "
      "}}\"}}]}");
  BOOST_REQUIRE_MESSAGE(cluster.finishes(run), cluster.view(run));
  BOOST_TEST((cluster.state(run) == ports::RunState::completed), cluster.view(run));
  for (const auto* entry : {"one", "x", "y", "after 1"})
    BOOST_TEST(cluster.ledger->count(entry) == 1, entry);
}

BOOST_AUTO_TEST_CASE(a_failure_is_tried_again_after_its_backoff) {
  Cluster cluster;
  const auto run = cluster.submit(
      "{plan: p, steps: [{id: one, tool: ledger.flaky, with: {entry: one}, retry: [{interval: "
      "50ms}]}]}");
  BOOST_REQUIRE(cluster.finishes(run));
  BOOST_TEST((cluster.state(run) == ports::RunState::completed), cluster.view(run));
  BOOST_TEST(cluster.ledger->count("one") == 2);
}

BOOST_AUTO_TEST_CASE(a_tool_that_does_not_exist_is_refused_before_anything_starts) {
  Cluster cluster;
  BOOST_CHECK_EXCEPTION(
      cluster.submit("{plan: p, steps: [{id: one, tool: leger.write, with: {entry: one}}]}"),
      std::runtime_error, [](const std::runtime_error& e) {
        return std::string{e.what()}.find("leger.write") != std::string::npos;
      });
}

BOOST_AUTO_TEST_CASE(arguments_that_break_the_schema_fail_the_step_with_invalid_input) {
  Cluster cluster;
  const auto run =
      cluster.submit("{plan: p, steps: [{id: one, tool: ledger.write, with: {entri: one}}]}");
  BOOST_REQUIRE(cluster.finishes(run));
  BOOST_TEST(cluster.view(run).find("invalid_input") != std::string::npos, cluster.view(run));
}

BOOST_AUTO_TEST_CASE(a_step_waits_for_a_node_and_starts_when_one_joins) {
  Cluster cluster;
  cluster.agent.reset();
  const auto run =
      cluster.submit("{plan: p, steps: [{id: one, tool: ledger.write, with: {entry: one}}]}");
  BOOST_REQUIRE(support::eventually([&] {
    return cluster.view(run).find("waits for a node that takes role tool:ledger") !=
           std::string::npos;
  }));
  cluster.start_agent();
  BOOST_REQUIRE(cluster.finishes(run));
  BOOST_TEST((cluster.state(run) == ports::RunState::completed));
}

BOOST_AUTO_TEST_CASE(the_agent_node_dies_in_the_middle_and_the_step_resumes_on_the_next_one) {
  Cluster cluster;
  const auto run = cluster.submit(
      "{plan: p, steps: [{id: one, tool: ledger.write, with: {entry: one}}, {id: held, agent: "
      "worker, task: {tool: "
      "ledger.read, with: {entry: held}}}, {id: hold, tool: ledger.hold, with: {entry: hold}}, "
      "{id: last, tool: ledger.write, with: {entry: last}}]}");
  BOOST_REQUIRE(support::eventually([&] { return cluster.ledger->holding(); }));
  cluster.ledger->release();
  cluster.agent
      .reset(); // what it had granted may have acted: nobody repeats it before the grant has lapsed
  cluster.start_agent();
  BOOST_REQUIRE_MESSAGE(cluster.finishes(run, std::chrono::seconds{60}), cluster.view(run));
  BOOST_TEST((cluster.state(run) == ports::RunState::completed), cluster.view(run));
  BOOST_TEST(cluster.ledger->count("one") == 1);
  BOOST_TEST(cluster.ledger->count("last") == 1);
}

BOOST_AUTO_TEST_CASE(
    another_orchestrator_fences_the_dead_owner_adopts_its_run_and_takes_the_late_settle) {
  Cluster cluster;
  const auto run = cluster.submit(
      "{plan: p, steps: [{id: one, tool: ledger.write, with: {entry: one}}, {id: hold, tool: "
      "ledger.hold, with: "
      "{entry: hold}}, {id: last, tool: ledger.write, with: {entry: last}}]}");
  BOOST_REQUIRE(support::eventually([&] { return cluster.ledger->holding(); }));
  cluster.start_orchestrator("orchestrator-2"); // the first is gone without a word
  BOOST_REQUIRE(support::eventually(
      [&] { return cluster.view(run).find("\"epoch\":2") != std::string::npos; }));
  cluster.ledger->release(); // granted under epoch 1: judged by its grant, not by the epoch
  BOOST_REQUIRE_MESSAGE(cluster.finishes(run), cluster.view(run));
  BOOST_TEST((cluster.state(run) == ports::RunState::completed), cluster.view(run));
  for (const auto* entry : {"one", "hold", "last"})
    BOOST_TEST(cluster.ledger->count(entry) == 1, entry);
}

BOOST_AUTO_TEST_SUITE_END()
