// What PLANS.md has beyond order and retry, on real actors: restart, undo, items, waits, people,
// child runs.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/eventually.hpp"
#include "tests/unit/actors/cluster.hpp"

using namespace troupe;
using namespace troupe::actors;

namespace {

bool shows(Cluster& cluster, RunId run, const std::string& text) {
  return support::eventually([&] { return cluster.view(run).find(text) != std::string::npos; });
}

} // namespace

BOOST_AUTO_TEST_SUITE(plan_kinds)

BOOST_AUTO_TEST_CASE(items_that_fail_are_restarted_by_their_foreach) {
  Cluster cluster;
  const auto run = cluster.submit(
      "{plan: p, steps: [{id: each, restart: {intensity: 3, interval: 10ms, jitter: none}, "
      "foreach: "
      "{in: [a, b, c], concurrency: 2, do: {id: go, tool: ledger.flaky, with: {entry: \"${{ item "
      "}}\"}}}}]}");
  BOOST_REQUIRE_MESSAGE(cluster.finishes(run), cluster.view(run));
  BOOST_TEST((cluster.state(run) == ports::RunState::completed), cluster.view(run));
  for (const auto* entry : {"a", "b", "c"}) BOOST_TEST(cluster.ledger->count(entry) == 2, entry);
}

BOOST_AUTO_TEST_CASE(a_run_that_fails_takes_back_what_it_did_and_reports) {
  Cluster cluster;
  const auto run = cluster.submit(
      "{plan: p, steps: [{id: one, tool: ledger.write, with: {entry: one}, undo: {tool: "
      "ledger.write, with: {entry: \"undo ${{ self.with.entry }}\"}}}, {id: two, tool: "
      "ledger.flaky, with: {entry: two}}, {id: report, always: true, tool: ledger.write, with: "
      "{entry: report}}]}");
  BOOST_REQUIRE_MESSAGE(cluster.finishes(run), cluster.view(run));
  BOOST_TEST((cluster.state(run) == ports::RunState::failed), cluster.view(run));
  for (const auto* entry : {"one", "undo one", "report"})
    BOOST_TEST(cluster.ledger->count(entry) == 1, entry);
}

BOOST_AUTO_TEST_CASE(a_wait_and_a_repeat_take_their_time) {
  Cluster cluster;
  const auto run = cluster.submit(
      "{plan: p, steps: [{id: poll, repeat: {max: 5, until: \"${{ steps.look.output.count >= 3 "
      "}}\", do: [{id: nap, wait: {for: 5ms}}, {id: look, tool: ledger.write, with: {entry: "
      "look}}]}}]}");
  BOOST_REQUIRE_MESSAGE(cluster.finishes(run), cluster.view(run));
  BOOST_TEST((cluster.state(run) == ports::RunState::completed), cluster.view(run));
  BOOST_TEST(cluster.ledger->count("look") == 3);
}

BOOST_AUTO_TEST_CASE(a_wait_takes_a_signal) {
  Cluster cluster;
  const auto run = cluster.submit(
      "{plan: p, steps: [{id: go, wait: {signal: go}}, {id: then, tool: ledger.write, with: "
      "{entry: "
      "\"${{ steps.go.output.who }}\"}}]}");
  BOOST_REQUIRE(shows(cluster, run, R"("state":"waiting")"));
  cluster.orchestrator->node->operations()->signal(run, "go", JsonText{R"({"who":"ann"})"},
                                                   [](const Result<bool>&) {});
  BOOST_REQUIRE_MESSAGE(cluster.finishes(run), cluster.view(run));
  BOOST_TEST(cluster.ledger->count("ann") == 1);
}

BOOST_AUTO_TEST_CASE(a_child_run_hands_its_result_to_the_step_that_started_it) {
  Cluster cluster;
  const auto run = cluster.submit(
      "{plan: p, steps: [{id: sub, plan: child, with: {entry: from-parent}}, {id: then, tool: "
      "ledger.write, with: {entry: \"child counted ${{ steps.sub.output.one.count }}\"}}]}");
  BOOST_REQUIRE_MESSAGE(cluster.finishes(run), cluster.view(run));
  BOOST_TEST((cluster.state(run) == ports::RunState::completed), cluster.view(run));
  BOOST_TEST(cluster.ledger->count("from-parent") == 1);
  BOOST_TEST(cluster.ledger->count("child counted 1") == 1);
}

BOOST_AUTO_TEST_CASE(the_agent_node_dies_between_an_effect_and_its_undo_and_both_happen_once) {
  Cluster cluster;
  const auto run = cluster.submit(
      "{plan: p, steps: [{id: one, tool: ledger.write, with: {entry: one}, undo: {tool: "
      "ledger.write, with: {entry: undo}}}, {id: gate, timeout: 1h, wait: {signal: fail}}, {id: "
      "two, "
      "tool: ledger.flaky, with: {entry: two}}]}");
  BOOST_REQUIRE(shows(cluster, run, R"("state":"waiting")"));
  cluster.start_agent();
  cluster.start_orchestrator("orchestrator-2"); // and another owner goes on
  cluster.orchestrator->node->operations()->signal(run, "fail", JsonText{"1"},
                                                   [](const Result<bool>&) {});
  BOOST_REQUIRE_MESSAGE(cluster.finishes(run), cluster.view(run));
  BOOST_TEST((cluster.state(run) == ports::RunState::failed), cluster.view(run));
  BOOST_TEST(cluster.ledger->count("one") == 1);
  BOOST_TEST(cluster.ledger->count("undo") == 1);
}

BOOST_AUTO_TEST_CASE(a_cancel_stops_the_tool_that_is_at_work_and_takes_back_what_it_did) {
  Cluster cluster;
  const auto run = cluster.submit(
      "{plan: p, steps: [{id: one, tool: ledger.hold, with: {entry: one}, undo: {tool: "
      "ledger.write, with: {entry: undo}}}, {id: report, always: true, tool: ledger.write, with: "
      "{entry: report}}]}");
  BOOST_REQUIRE(support::eventually([&] { return cluster.ledger->holding(); }));
  cluster.orchestrator->node->operations()->cancel(run, "enough", [](const Result<bool>&) {});
  BOOST_REQUIRE_MESSAGE(cluster.finishes(run), cluster.view(run)); // nobody released it
  BOOST_TEST((cluster.state(run) == ports::RunState::cancelled), cluster.view(run));
  BOOST_TEST(cluster.ledger->count("undo") == 1);
  BOOST_TEST(cluster.ledger->count("report") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
