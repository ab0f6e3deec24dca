#include <boost/test/unit_test.hpp>

#include "runtime/limits.hpp"
#include "runtime/placement/placement.hpp"

using namespace troupe;
using namespace troupe::placement;

namespace {

struct Cluster {
  ClusterView view;
  SeededEntropy entropy{5};
  Millis now{1'000'000}; // of the monotonic clock

  message::NodeHeartbeat beat(std::uint32_t free, std::vector<std::string> roles = {"*"},
                              std::vector<std::string> labels = {}) {
    message::NodeHeartbeat heartbeat;
    heartbeat.incarnation = entropy.make_id<IncarnationId>(Instant{now});
    heartbeat.modes = {"agent"};
    heartbeat.roles = std::move(roles);
    heartbeat.labels = std::move(labels);
    heartbeat.tools = {"probe.http"};
    heartbeat.slots = 8;
    heartbeat.free_slots = free;
    return heartbeat;
  }
  PlacementRequest wants(std::string role, std::vector<std::string> labels = {}) {
    return {{}, "s", std::move(role), std::move(labels)};
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(placement_)

BOOST_AUTO_TEST_CASE(the_node_with_the_most_credit_is_chosen) {
  Cluster cluster;
  observe(cluster.view, "n1", cluster.beat(2), cluster.now);
  observe(cluster.view, "n2", cluster.beat(5), cluster.now);
  BOOST_TEST(choose(cluster.view, cluster.wants("triage"))->node == "n2");
}

BOOST_AUTO_TEST_CASE(it_says_why_nothing_was_chosen) {
  Cluster cluster;
  BOOST_TEST(why_nowhere(cluster.view, cluster.wants("x")) == "role x: no agent node has joined");
  observe(cluster.view, "n1", cluster.beat(2, {"triage"}), cluster.now);
  observe(cluster.view, "n2", cluster.beat(0, {"x"}), cluster.now);
  BOOST_TEST(!choose(cluster.view, cluster.wants("y")));
  BOOST_TEST(why_nowhere(cluster.view, cluster.wants("y")) == "role y: 0 of 2 nodes offer it");
  BOOST_TEST(why_nowhere(cluster.view, cluster.wants("x")) ==
             "role x: 1 of 2 nodes offer it, all slots are taken");
  BOOST_TEST(why_nowhere(cluster.view, cluster.wants("x", {"gpu=1"})) ==
             "role x, label gpu=1: 0 of 2 nodes offer it");
}

BOOST_AUTO_TEST_CASE(every_role_means_those_of_a_kind_that_the_node_runs) {
  Cluster cluster;
  auto troupe = cluster.beat(5);
  troupe.kinds = {"native", "runbook"};
  observe(cluster.view, "n1", troupe, cluster.now);
  auto wanted = cluster.wants("scribe");
  wanted.kind = "foreign";
  BOOST_TEST(!choose(cluster.view, wanted));
  BOOST_TEST(why_nowhere(cluster.view, wanted) == "role scribe: 0 of 1 nodes offer it");
  observe(cluster.view, "n2", cluster.beat(1, {"scribe"}), cluster.now);
  BOOST_TEST(choose(cluster.view, wanted)->node == "n2");
  wanted.kind = "native";
  BOOST_TEST(choose(cluster.view, wanted)->node == "n1");
  observe(cluster.view, "n3", cluster.beat(7), cluster.now); // of a version that says no kinds
  BOOST_TEST(choose(cluster.view, wanted)->node == "n3");
}

BOOST_AUTO_TEST_CASE(a_tool_server_without_slots_is_called_from_a_node_that_runs_every_role) {
  Cluster cluster;
  auto server = cluster.beat(0, {});
  server.slots = 0;
  server.tools = {"notebook.write"};
  observe(cluster.view, "n1", server, cluster.now);
  observe(cluster.view, "n2", cluster.beat(6, {"triage"}), cluster.now);
  BOOST_TEST(!choose(cluster.view, cluster.wants("tool:notebook")));
  observe(cluster.view, "n3", cluster.beat(2), cluster.now);
  BOOST_TEST(choose(cluster.view, cluster.wants("tool:notebook"))->node == "n3");
  BOOST_TEST(!choose(cluster.view, cluster.wants("tool:ledger"))); // nobody serves that
}

BOOST_AUTO_TEST_CASE(a_direct_tool_call_goes_where_its_toolkit_is) {
  Cluster cluster;
  observe(cluster.view, "n1", cluster.beat(2, {}), cluster.now);
  BOOST_TEST(choose(cluster.view, cluster.wants("tool:probe"))->node == "n1");
  BOOST_TEST(!choose(cluster.view, cluster.wants("tool:prob")));
}

BOOST_AUTO_TEST_CASE(a_node_started_anew_replaces_its_former_incarnation) {
  Cluster cluster;
  const auto first = cluster.beat(2);
  BOOST_TEST(!observe(cluster.view, "n1", first, cluster.now));
  cluster.now += std::chrono::seconds{1};
  const auto replaced = observe(cluster.view, "n1", cluster.beat(2), cluster.now);
  BOOST_TEST((replaced == first.incarnation));
  BOOST_TEST(
      !observe(cluster.view, "n1", first, cluster.now)); // a late heartbeat of the former one
  BOOST_TEST((cluster.view.at("n1").last.incarnation != first.incarnation));
}

BOOST_AUTO_TEST_CASE(a_node_silent_for_the_lease_period_is_removed) {
  Cluster cluster;
  observe(cluster.view, "n1", cluster.beat(2), cluster.now);
  BOOST_TEST(remove_silent(cluster.view, cluster.now + limits::lease_period).empty());
  BOOST_TEST(
      remove_silent(cluster.view, cluster.now + limits::lease_period + std::chrono::milliseconds{1})
          .size() == 1u);
  BOOST_TEST(cluster.view.empty());
}

BOOST_AUTO_TEST_SUITE_END()
