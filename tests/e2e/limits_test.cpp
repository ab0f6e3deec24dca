// Keyed limits with real nodes: what may be used once at a time is, whichever orchestrator owns the
// runs, and whatever becomes of it.
#include <boost/test/unit_test.hpp>
#include <csignal>

#include "tests/e2e/sleeping_cluster.hpp"

using namespace troupe;
using e2e::look_at;
using e2e::SleepingCluster;
namespace json = boost::json;

namespace {

const json::array one_at_a_time{json::object{{"key", "machine/*"}, {"concurrency", 1}}};

std::string on_machine(const char* service, const std::string& priority) {
  return look_at(service, 1, ", limits: [machine/a], priority: " + priority);
}

/// When the only attempt of the only step began and ended; empty while it has not.
struct Times {
  std::string began, ended;
};
Times times_of(const json::value& run) {
  const auto* tree = run.as_object().if_contains("tree");
  if (tree == nullptr) return {};
  const auto& attempts = tree->at("children").at(0).at("attempts").as_array();
  if (attempts.empty()) return {};
  const auto& attempt = attempts.front();
  const auto& ended = attempt.at("ended_at");
  return {std::string{attempt.at("assigned_at").as_string()},
          ended.is_null() ? "" : std::string{ended.as_string()}};
}

/// The limit as `troupe limits` shows it; null: nobody uses it.
json::value limit_seen(const SleepingCluster& cluster, const std::string& node) {
  json::error_code error;
  const auto answer = json::parse(cluster.ask(node, {"limits"}), error);
  if (error || answer.at("limits").as_array().empty()) return nullptr;
  return answer.at("limits").at(0);
}

bool is_waited_for(const SleepingCluster& cluster, int in_use, int waiting) {
  const auto limit = limit_seen(cluster, "orchestrator-2");
  return limit.is_object() && limit.at("in_use") == in_use && limit.at("waiting") == waiting;
}

} // namespace

BOOST_AUTO_TEST_CASE(one_at_a_time_by_priority_and_age_over_two_orchestrators) {
  SleepingCluster cluster{one_at_a_time};
  auto& any = *cluster.nodes.at("orchestrator-1");
  std::vector<std::string> order{cluster.submit("orchestrator-1", on_machine("slow", "low"))};
  BOOST_TEST_REQUIRE(any.process().reaches([&] { return is_waited_for(cluster, 1, 0); }), any);
  // Between nodes by priority; ages are compared to within what an ask takes, so those are of one.
  const auto low = cluster.submit("orchestrator-2", on_machine("quick", "low"));
  const auto first = cluster.submit("orchestrator-1", on_machine("quick", "normal"));
  const auto second = cluster.submit("orchestrator-1", on_machine("quick", "normal"));
  const auto high = cluster.submit("orchestrator-2", on_machine("quick", "high"));
  order.insert(order.end(), {high, first, second, low});
  BOOST_TEST_REQUIRE(any.process().reaches([&] { return is_waited_for(cluster, 1, 4); }), any);
  const auto why = cluster.ask("orchestrator-2", {"why", low});
  BOOST_TEST(why.find("limit machine/a: 1 of 1 in use, ") != std::string::npos, why);
  BOOST_TEST(json::parse(why).at("waits_for").as_string() == "limit");

  std::string last;
  for (const auto& run : order) {
    BOOST_TEST_REQUIRE(any.process().reaches([&] { return cluster.state(run) == "completed"; }),
                       any);
    const auto [began, ended] = times_of(cluster.run(run));
    BOOST_TEST(last <= began, "run " + run + " began before the one before it had ended");
    last = ended;
  }
  BOOST_TEST(any.process().reaches([&] { return limit_seen(cluster, "orchestrator-1").is_null(); },
                                   std::chrono::seconds{20}));
}

BOOST_AUTO_TEST_CASE(an_attempt_whose_owner_is_killed_keeps_its_permit) {
  SleepingCluster cluster{one_at_a_time};
  cluster.asked = "orchestrator-2";
  auto& survivor = *cluster.nodes.at("orchestrator-2");
  const auto slow = cluster.submit("orchestrator-1", on_machine("slow", "normal"));
  BOOST_TEST_REQUIRE(survivor.process().reaches([&] { return is_waited_for(cluster, 1, 0); }),
                     survivor);
  const auto quick = cluster.submit("orchestrator-2", on_machine("quick", "normal"));
  ::kill(cluster.nodes.at("orchestrator-1")->process().pid(), SIGKILL);
  for (const auto& run : {slow, quick})
    BOOST_TEST_REQUIRE(
        survivor.process().reaches([&] { return cluster.state(run) == "completed"; }), survivor);
  BOOST_TEST(times_of(cluster.run(slow)).ended <= times_of(cluster.run(quick)).began);
}
