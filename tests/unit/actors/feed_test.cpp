// What leaves a node while somebody listens.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/eventually.hpp"
#include "tests/unit/actors/cluster.hpp"

using namespace troupe;
using namespace troupe::actors;
namespace json = boost::json;

namespace {

constexpr const char* two_steps =
    "{plan: p, steps: [{id: one, tool: ledger.write, with: {entry: one}}, "
    "{id: two, tool: ledger.write, with: {entry: two}}]}";

/// Somebody who subscribes to the events of every run.
struct Listener {
  explicit Listener(Cluster& cluster) : bus{cluster.broker.connect("_INBOX.listener")} {
    auto subscribed = bus->subscribe("troupe.*.evt.>", "", [this](ports::BusMessage message) {
      const std::lock_guard lock{mutex};
      subjects.push_back(message.subject);
      events.push_back(json::parse(message.payload));
    });
    BOOST_REQUIRE(subscribed.ok());
    subscription = std::move(*subscribed);
  }
  bool ended() {
    const std::lock_guard lock{mutex};
    return !events.empty() && events.back().at("data").at("end").as_bool();
  }

  std::mutex mutex;
  std::vector<std::string> subjects;
  std::vector<json::value> events;
  std::unique_ptr<bus::MemoryBus> bus;
  std::unique_ptr<ports::BusSubscription> subscription;
};

} // namespace

BOOST_AUTO_TEST_SUITE(feed)

BOOST_AUTO_TEST_CASE(a_subscriber_gets_every_append_that_a_run_makes_in_order) {
  Cluster cluster;
  Listener listener{cluster};
  const auto run = cluster.submit(two_steps);
  BOOST_REQUIRE(cluster.finishes(run));
  BOOST_REQUIRE(support::eventually([&] { return listener.ended(); }));
  const std::lock_guard lock{listener.mutex};
  Seq seq = 1; // the first is written with the job
  for (const auto& event : listener.events) {
    BOOST_TEST(event.at("subject").as_string() == to_string(run));
    BOOST_TEST(event.at("sequence").as_string() == std::to_string(seq++));
    BOOST_TEST(event.at("source").as_string().ends_with("/orchestrator-1"));
  }
  for (const auto& subject : listener.subjects)
    BOOST_TEST(subject.ends_with(".evt." + to_string(run) + ".orchestrator-1"), subject);
}

BOOST_AUTO_TEST_CASE(a_node_to_which_nobody_listens_works_as_ever) {
  Cluster cluster;
  const auto run = cluster.submit(two_steps);
  BOOST_TEST(cluster.finishes(run));
  Listener late{cluster};
  const auto next = cluster.submit(two_steps);
  BOOST_TEST(cluster.finishes(next));
  BOOST_TEST(support::eventually([&] { return late.ended(); }));
}

BOOST_AUTO_TEST_SUITE_END()
