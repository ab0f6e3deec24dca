#include <boost/test/unit_test.hpp>

#include "runtime/lease/lease_keeper.hpp"
#include "runtime/limits.hpp"

using namespace troupe;
using namespace troupe::lease;
using namespace std::chrono_literals;

namespace {

/// A node that has joined, and a peer whose beat the test moves.
struct Node final : LeasePort {
  SeededEntropy entropy{5};
  LeaseKeeper keeper{entropy, *this};
  Instant wall{1'000'000ms};
  Millis now{1'000'000}, grants_until{};
  std::vector<IncarnationId> joins, fenced, dropped, left;
  ports::PeerRow peer{entropy.make_id<IncarnationId>(wall), "peer", 1};

  Node() {
    keeper.beat(wall, now);
    keeper.joined({});
  }
  void join(IncarnationId incarnation) override { joins.push_back(incarnation); }
  void renew(IncarnationId) override {}
  void read_peers() override {}
  void fence(const ports::PeerRow& row) override { fenced.push_back(row.incarnation); }
  void grants_stand_until(Millis until) override { grants_until = until; }
  void owner_is(IncarnationId) override {}
  void lost(IncarnationId incarnation) override { dropped.push_back(incarnation); }
  void claim() override {}
  void leave(IncarnationId incarnation) override { left.push_back(incarnation); }

  void read() { keeper.peers_read(std::vector{peer}, now, now); }
  void read_for(Millis duration) {
    for (const Millis end = now + duration; now < end; now += limits::heartbeat_interval) read();
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(lease_keeper_)

BOOST_AUTO_TEST_CASE(a_beat_that_stands_still_for_the_lease_period_is_fenced) {
  Node node;
  node.read_for(limits::lease_period);
  BOOST_TEST(node.fenced.empty());
  node.read_for(1s);
  BOOST_TEST((node.fenced == std::vector(node.fenced.size(), node.peer.incarnation)));
  BOOST_TEST(!node.fenced.empty());
}

BOOST_AUTO_TEST_CASE(a_watch_starts_afresh_when) {
  const std::pair<const char*, void (*)(Node&)> table[] = {
      {"the beat moves", [](Node& node) { ++node.peer.beat; }},
      {"a read fails",
       [](Node& node) {
         node.keeper.peers_read(make_error(ErrorClass::internal, "gone"), node.now, node.now);
       }},
      {"the store, or this process, stood still", [](Node& node) { node.now += 1h; }},
  };
  for (const auto& [name, happens] : table) BOOST_TEST_CONTEXT(name) {
      Node node;
      node.read_for(limits::lease_period);
      happens(node);
      node.read_for(limits::lease_period);
      BOOST_TEST(node.fenced.empty());
    }
}

BOOST_AUTO_TEST_CASE(an_answer_that_comes_late_says_nothing_of_the_time_it_took) {
  Node node;
  node.read_for(limits::lease_period);
  const Millis asked_at = node.now;
  node.now += 1s;
  node.keeper.peers_read(std::vector{node.peer}, asked_at, node.now);
  BOOST_TEST(node.fenced.empty());
}

BOOST_AUTO_TEST_CASE(grants_end_a_margin_before_the_lease_counted_from_the_asking) {
  Node node;
  const Millis asked_at = node.now;
  node.now += 500ms;
  node.keeper.renewed(true, asked_at, node.wall, node.now);
  BOOST_TEST((node.grants_until == asked_at + limits::lease_period - limits::lease_margin));
}

BOOST_AUTO_TEST_CASE(a_node_that_was_fenced_drops_its_runs_and_joins_as_another) {
  Node node;
  const auto first = *node.keeper.owner();
  node.keeper.renewed(false, node.now, node.wall, node.now);
  BOOST_TEST((node.dropped == std::vector{first}));
  BOOST_TEST((node.grants_until < node.now));
  BOOST_REQUIRE_EQUAL(node.joins.size(), 2u);
  BOOST_TEST((node.joins[1] != first));
  BOOST_TEST(!node.keeper.owner());
  node.keeper.joined({});
  BOOST_TEST((node.keeper.owner() == node.joins[1]));
}

BOOST_AUTO_TEST_CASE(a_node_that_leaves_gives_its_lease_up_once_and_joins_no_more) {
  Node node;
  BOOST_TEST(node.keeper.leave());
  BOOST_TEST((node.left == node.joins));
  BOOST_TEST((node.grants_until == Millis::min()));
  BOOST_TEST(!node.keeper.leave());
  node.keeper.renewed(false, node.now, node.wall, node.now); // an answer that was on its way
  node.keeper.beat(node.wall, node.now);
  BOOST_TEST(node.joins.size() == 1u);
  BOOST_TEST(node.dropped.empty());
}

BOOST_AUTO_TEST_CASE(a_node_that_leaves_while_it_joins_leaves_when_it_has) {
  Node node;
  node.keeper.renewed(false, node.now, node.wall, node.now); // fenced: it joins anew
  BOOST_TEST(!node.keeper.leave());
  BOOST_TEST(node.left.empty());
  node.keeper.joined({});
  BOOST_TEST((node.left == std::vector{node.joins.back()}));
}

BOOST_AUTO_TEST_SUITE_END()
