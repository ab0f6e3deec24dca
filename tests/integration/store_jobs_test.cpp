// Jobs from several nodes at the same moment.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <set>
#include <thread>

#include "tests/integration/store_world.hpp"

using namespace troupe;
using namespace troupe::integration;

namespace {

/// Runs both at once.
template <class A, class B>
void together(A one, B other) {
  std::thread thread{one};
  other();
  thread.join();
}

} // namespace

BOOST_AUTO_TEST_SUITE(store_jobs)

BOOST_AUTO_TEST_CASE(the_same_key_from_two_nodes_at_once_is_one_job) {
  World world;
  for (int round = 0; round < 25; ++round) {
    const auto key = "key " + std::to_string(round);
    const auto one = world.a.new_job("ops", key), other = world.b.new_job("ops", key);
    Result<ports::Submitted> first, second;
    together([&] { first = world.a.submit(one); }, [&] { second = world.b.submit(other); });
    BOOST_REQUIRE((first.ok() && second.ok()));
    BOOST_TEST((first->job == second->job));
    BOOST_TEST((first->run == second->run));
    BOOST_TEST(first->duplicate != second->duplicate);
  }
  BOOST_TEST(world.a.jobs().size() == 25u);
}

BOOST_AUTO_TEST_CASE(the_same_alerts_at_two_nodes_at_once_are_one_incident) {
  World world;
  for (int round = 0; round < 25; ++round) {
    const auto body = [&](Node& node) {
      return ports::AlertBatch{"troupe",
                               "group " + std::to_string(round),
                               {{"f1", "firing", "2026-11-20T10:00:00Z", JsonText{"{}"}},
                                {"f2", "firing", "2026-11-20T10:00:00Z", JsonText{"{}"}}},
                               node.new_job(),
                               node.now};
    };
    const auto one = body(world.a), other = body(world.b);
    Result<ports::AlertReceipt> first, second;
    together([&] { first = world.a.accept(one); }, [&] { second = world.b.accept(other); });
    BOOST_REQUIRE((first.ok() && second.ok()));
    BOOST_TEST(first->accepted + second->accepted == 2u);
    BOOST_TEST(first->duplicates + second->duplicates == 2u);
    BOOST_TEST(first->started.has_value() != second->started.has_value());
    BOOST_TEST((first->jobs == second->jobs));
  }
  BOOST_TEST(world.a.jobs({.limit = 1000}).size() == 25u);
}

BOOST_AUTO_TEST_CASE(different_alerts_of_a_group_at_two_nodes_at_once_are_one_incident) {
  World world;
  for (int round = 0; round < 25; ++round) {
    const auto body = [&](Node& node, const char* fingerprint) {
      return ports::AlertBatch{"troupe",
                               "group " + std::to_string(round),
                               {{fingerprint, "firing", "2026-11-20T10:00:00Z", JsonText{"{}"}}},
                               node.new_job(),
                               node.now};
    };
    const auto one = body(world.a, "f1"), other = body(world.b, "f2");
    Result<ports::AlertReceipt> first, second;
    together([&] { first = world.a.accept(one); }, [&] { second = world.b.accept(other); });
    BOOST_REQUIRE((first.ok() && second.ok()));
    BOOST_TEST(first->started.has_value() != second->started.has_value());
    BOOST_TEST(first->signalled.size() + second->signalled.size() == 1u);
    BOOST_TEST((first->jobs == second->jobs));
    const auto run = first->started ? *first->started : *second->started;
    BOOST_TEST(world.a.inbox(run).size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(two_nodes_never_claim_the_same_run) {
  World world;
  constexpr std::size_t count = 300;
  for (std::size_t i = 0; i < count; ++i)
    BOOST_REQUIRE(world.a.submit(world.a.new_job("team " + std::to_string(i % 7))).ok());
  std::set<RunId> by_a, by_b;
  std::atomic<std::size_t> taken{0};
  const auto take = [&](Node& node, std::set<RunId>& mine) {
    while (taken < count)
      for (const auto& run : node.claim(7)) {
        mine.insert(run.id);
        ++taken;
      }
  };
  together([&] { take(world.a, by_a); }, [&] { take(world.b, by_b); });
  BOOST_TEST(by_a.size() + by_b.size() == count);
  for (const auto& run : by_a) BOOST_TEST(!by_b.contains(run));
}

BOOST_AUTO_TEST_CASE(a_claim_does_not_wait_for_a_run_that_another_is_claiming) {
  World world;
  const auto locked = world.a.start_run(), free = world.a.start_run();
  world.sql.run("BEGIN; SELECT FROM runs WHERE id = '" + to_string(locked) + "' FOR UPDATE");
  const auto claimed = world.a.claim(1);
  BOOST_REQUIRE(claimed.size() == 1u);
  BOOST_TEST((claimed[0].id == free));
  world.sql.run("COMMIT");
  BOOST_TEST((world.b.claim(1).at(0).id == locked));
}

BOOST_AUTO_TEST_CASE(the_rows_of_long_fenced_nodes_are_cleared_away) {
  World world;
  const auto run = world.a.start_run();
  world.a.claim();
  BOOST_REQUIRE(world.b.fence(world.a.me));
  world.sql.run("UPDATE nodes SET started_at = now() - interval '2 hours'");
  world.b.join("c");
  BOOST_TEST(world.b.peers().size() == 3u); // it still has a run
  BOOST_TEST(world.b.claim().size() == 1u);
  world.b.join("d");
  BOOST_TEST(world.b.peers().size() == 3u); // b, c, d
  BOOST_TEST((world.b.run(run)->owner == world.b.me));
}

BOOST_AUTO_TEST_SUITE_END()
