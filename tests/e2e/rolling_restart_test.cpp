// Every node of a cluster is restarted in turn, in order (SIGTERM), while runs go on.
#include <boost/test/unit_test.hpp>

#include "tests/e2e/sleeping_cluster.hpp"

using namespace troupe;
using e2e::look_at;
using e2e::SleepingCluster;

BOOST_AUTO_TEST_CASE(a_rolling_restart_of_every_node_costs_no_attempt) {
  SleepingCluster cluster;
  std::vector<std::string> runs;
  for (const auto* name : {"orchestrator-1", "agent-1", "orchestrator-2", "agent-2"})
    BOOST_TEST_CONTEXT("restarted: " << name) {
      const std::string by =
          std::string{name} == "orchestrator-1" ? "orchestrator-2" : "orchestrator-1";
      for (int i = 0; i < 4; ++i) runs.push_back(cluster.submit(by, look_at("quick", 4)));
      auto& node = *cluster.nodes.at(name);
      BOOST_TEST_REQUIRE(cluster.nodes.at(name)->process().reaches(
          [&] { return cluster.state(runs.back()) != "?"; }, std::chrono::seconds{20}));
      ::kill(node.process().pid(), SIGTERM);
      BOOST_TEST_REQUIRE(node.exit_code(std::chrono::seconds{30}) == 0, node);
      cluster.start(name);
    }
  for (const auto& id : runs) {
    auto& any = *cluster.nodes.at("orchestrator-1");
    BOOST_TEST_REQUIRE(any.process().reaches([&] { return cluster.state(id) == "completed"; }),
                       any);
    const auto shown = cluster.run(id);
    for (const auto& step : shown.at("tree").at("children").as_array())
      for (const auto& attempt : step.at("attempts").as_array()) {
        const auto how = std::string{attempt.at("state").as_string()};
        BOOST_TEST((how == "completed" || how == "returned"), how + " in run " + id);
      }
  }
}

BOOST_AUTO_TEST_CASE(a_second_signal_ends_a_draining_node_at_once) {
  SleepingCluster cluster;
  const auto run = cluster.submit("orchestrator-1", look_at("long", 1));
  const auto node_of = [&]() -> std::string {
    const auto shown = cluster.run(run);
    const auto* tree = shown.as_object().if_contains("tree");
    if (tree == nullptr) return "";
    const auto& attempts = tree->at("children").at(0).at("attempts").as_array();
    return attempts.empty() ? "" : std::string{attempts.back().at("node").as_string()};
  };
  auto& any = *cluster.nodes.at("orchestrator-1");
  std::string where;
  BOOST_TEST_REQUIRE(any.process().reaches([&] { return !(where = node_of()).empty(); }), any);
  auto& node = *cluster.nodes.at(where);
  BOOST_TEST_REQUIRE(node.says("\"tool.call\""), node);
  ::kill(node.process().pid(), SIGTERM);
  BOOST_TEST_REQUIRE(node.says("node.stopping"), node);
  ::kill(node.process().pid(), SIGTERM);
  BOOST_TEST(node.exit_code(std::chrono::seconds{8}) == 0, node);
}
