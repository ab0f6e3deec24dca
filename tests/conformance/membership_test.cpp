// What every Membership does.
#include <boost/test/unit_test.hpp>

#include "tests/conformance/store_backends.hpp"

using namespace troupe;
using namespace troupe::conformance;

namespace {

std::optional<ports::PeerRow> peer(support::StoreCalls& node, IncarnationId incarnation) {
  for (const auto& row : node.peers())
    if (row.incarnation == incarnation) return row;
  return std::nullopt;
}

} // namespace

BOOST_AUTO_TEST_SUITE(membership)

BOOST_AUTO_TEST_CASE_TEMPLATE(who_joined_is_seen_by_everybody, B, Backends) {
  Cluster<B> cluster;
  BOOST_TEST(cluster.a.peers().size() == 2u);
  const auto row = peer(cluster.b, cluster.a.me);
  BOOST_REQUIRE(row.has_value());
  BOOST_TEST(row->name == "a");
  BOOST_TEST(row->beat == 0u);
  BOOST_TEST(row->bus_up);
  BOOST_TEST(!row->fenced);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(joining_twice_is_joining_once, B, Backends) {
  Cluster<B> cluster;
  BOOST_TEST(cluster.a.renew(cluster.a.me));
  const auto again = support::ask<Unit>([&](auto done) {
    cluster.a.store->membership().join({cluster.a.me, "a", "0.1.0"}, done);
  });
  BOOST_TEST(again.ok());
  BOOST_TEST(peer(cluster.b, cluster.a.me)->beat == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_renewal_is_one_more_beat_and_tells_of_the_bus, B, Backends) {
  Cluster<B> cluster;
  BOOST_TEST(cluster.a.renew(cluster.a.me, true));
  BOOST_TEST(cluster.a.renew(cluster.a.me, false));
  const auto row = peer(cluster.b, cluster.a.me);
  BOOST_TEST(row->beat == 2u);
  BOOST_TEST(!row->bus_up);
  BOOST_TEST(peer(cluster.b, cluster.b.me)->beat == 0u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_beat_that_moved_is_not_fenced, B, Backends) {
  Cluster<B> cluster;
  BOOST_TEST(cluster.a.renew(cluster.a.me));
  BOOST_TEST(!cluster.b.fence(cluster.a.me, 0));
  BOOST_TEST(!peer(cluster.b, cluster.a.me)->fenced);
  BOOST_TEST(cluster.a.renew(cluster.a.me));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_fenced_incarnation_learns_it_at_its_next_renewal, B, Backends) {
  Cluster<B> cluster;
  BOOST_TEST(cluster.a.renew(cluster.a.me));
  BOOST_TEST(cluster.b.fence(cluster.a.me, 1));
  BOOST_TEST(peer(cluster.b, cluster.a.me)->fenced);
  BOOST_TEST(cluster.b.fence(cluster.a.me, 1)); // by two peers at once
  BOOST_TEST(!cluster.a.renew(cluster.a.me));
  BOOST_TEST(peer(cluster.b, cluster.a.me)->beat == 1u);
  const auto refused = support::ask<Unit>([&](auto done) {
    cluster.a.store->membership().join({cluster.a.me, "a", "0.1.0"}, done);
  });
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST((refused.error().error_class == ErrorClass::invalid_input));
  cluster.a.me = cluster.a.join("a");
  BOOST_TEST(cluster.a.renew(cluster.a.me));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(who_left_is_gone_and_its_runs_are_free, B, Backends) {
  Cluster<B> cluster;
  const auto job = cluster.a.new_job();
  BOOST_REQUIRE(cluster.a.submit(job).ok());
  cluster.a.claim();
  cluster.a.leave(cluster.a.me);
  BOOST_TEST(cluster.b.peers().size() == 1u);
  BOOST_TEST(!cluster.b.run(job.run)->owner.has_value());
  BOOST_TEST(cluster.b.claim().size() == 1u);
  BOOST_TEST(
      (cluster.a.append(cluster.a.new_append(job.run, 1)) == ports::AppendOutcome::ownership_lost));
  BOOST_TEST(!cluster.a.renew(cluster.a.me));
  BOOST_TEST(cluster.b.fence(cluster.a.me));
  cluster.a.leave(cluster.a.me);
}

BOOST_AUTO_TEST_SUITE_END()
