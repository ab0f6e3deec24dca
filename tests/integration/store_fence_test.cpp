// The fence against an append in flight, in every order of their steps: statement sent, guard
// taken, row inserted, committed; fence written, committed. The claim: once a fence is committed,
// no row of that incarnation comes after it; and no fencer waits for ever.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <mutex>
#include <thread>

#include "tests/integration/store_world.hpp"

using namespace troupe;
using namespace troupe::integration;
using support::Sql;

namespace {

std::string fence_by_hand(IncarnationId incarnation) {
  return "UPDATE nodes SET fenced = true WHERE incarnation = '" + to_string(incarnation) + "'";
}

} // namespace

BOOST_AUTO_TEST_SUITE(store_fence)

BOOST_AUTO_TEST_CASE(fence_committed_then_statement_sent) {
  World world;
  const auto run = world.a.start_run();
  BOOST_REQUIRE(world.b.fence(world.a.me));
  BOOST_TEST((world.a.append(world.a.new_append(run, 1)) == Outcome::ownership_lost));
  BOOST_TEST(world.appended(run) == "0");
}

BOOST_AUTO_TEST_CASE(append_committed_then_fence) {
  World world;
  const auto run = world.a.start_run();
  BOOST_TEST((world.a.append(world.a.new_append(run, 1)) == Outcome::durable));
  BOOST_REQUIRE(world.b.fence(world.a.me));
  BOOST_TEST(world.appended(run) == "1");
}

BOOST_AUTO_TEST_CASE(fence_written_then_statement_sent_then_fence_committed_or_taken_back) {
  const std::pair<const char*, Outcome> table[] = {{"COMMIT", Outcome::ownership_lost},
                                                   {"ROLLBACK", Outcome::durable}};
  for (const auto& [end, expected] : table) {
    for (const bool ends_the_run : {false, true}) {
      World world;
      const auto run = world.a.start_run();
      world.sql.run("BEGIN;" + fence_by_hand(world.a.me));
      auto outcome =
          world.a.append_later(ends_the_run ? world.a.ending(run, 1) : world.a.new_append(run, 1));
      BOOST_REQUIRE(world.waits_for_lock("journal"));
      BOOST_TEST(!is_ready(outcome));
      world.sql.run(end);
      BOOST_TEST((outcome.get() == expected));
      BOOST_TEST(world.appended(run) == (expected == Outcome::durable ? "1" : "0"));
      const bool ended = ends_the_run && expected == Outcome::durable;
      BOOST_TEST((world.b.run(run)->state == ports::RunState::completed) == ended);
    }
  }
}

// The guard holds the node's row: the fence waits, and the row is in before it.
BOOST_AUTO_TEST_CASE(guard_taken_then_fence_sent_then_row_inserted_and_committed) {
  World world;
  const auto run = world.a.start_run();
  Gate gate{world.url, "journal"};
  auto outcome = world.a.append_later(world.a.new_append(run, 1));
  BOOST_REQUIRE(world.waits_for_lock("journal", "advisory"));
  world.sql.send(fence_by_hand(world.a.me) + " RETURNING (SELECT count(*) FROM journal)");
  Sql look{world.url};
  BOOST_REQUIRE(support::eventually([&] {
    return look.value(
               "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'UPDATE nodes SET "
               "fenced%' AND wait_event_type = 'Lock'") == "1";
  }));
  BOOST_TEST(!is_ready(outcome));
  gate.open();
  BOOST_TEST((outcome.get() == Outcome::durable));
  world.sql.finish();
  BOOST_TEST(world.appended(run) == "1");
  BOOST_TEST((world.a.append(world.a.new_append(run, 2)) == Outcome::ownership_lost));
}

// The guard holds the node's row and its statement does not end: the fencer ends it.
BOOST_AUTO_TEST_CASE(guard_taken_and_the_statement_stuck_then_fence) {
  World world;
  const auto run = world.a.start_run();
  Gate gate{world.url, "journal"};
  auto outcome = world.a.append_later(world.a.new_append(run, 1));
  BOOST_REQUIRE(world.waits_for_lock("journal", "advisory"));
  BOOST_TEST(world.b.fence(world.a.me));
  BOOST_TEST(world.appended(run) == "0");
  gate.open();
  BOOST_TEST((outcome.get() == Outcome::ownership_lost));
  BOOST_TEST(world.appended(run) == "0");
  BOOST_TEST(!world.a.renew(world.a.me)); // its other connections come back as well
}

// A connection of the node that holds the row between two statements, as a paused node would.
BOOST_AUTO_TEST_CASE(a_fencer_does_not_wait_for_a_transaction_that_nobody_ends) {
  World world;
  const auto session = world.sql.value("SELECT session FROM nodes WHERE incarnation = '" +
                                       to_string(world.a.me) + "'");
  Sql paused{world.url + " application_name=" + session + "/paused"};
  paused.run("BEGIN; SELECT FROM nodes WHERE incarnation = '" + to_string(world.a.me) +
             "' FOR SHARE");
  BOOST_TEST(world.b.fence(world.a.me));
  BOOST_CHECK_THROW(paused.run("COMMIT"), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(a_node_that_still_beats_is_left_alone_although_its_row_is_locked) {
  World world;
  BOOST_TEST(world.a.renew(world.a.me));
  Sql holder{world.url};
  holder.run("BEGIN; SELECT FROM nodes WHERE incarnation = '" + to_string(world.a.me) +
             "' FOR SHARE");
  BOOST_TEST(!world.b.fence(world.a.me, 0));
  holder.run("COMMIT");
  BOOST_TEST(world.a.renew(world.a.me));
}

BOOST_AUTO_TEST_CASE(a_claim_and_a_fence_agree) {
  World world;
  const auto run = world.a.start_run();
  world.sql.run("BEGIN;" + fence_by_hand(world.a.me));
  auto claimed = std::make_shared<std::promise<std::size_t>>();
  world.a.store->jobs().claim(world.a.me, 10, world.a.now, {},
                              [=](auto runs) { claimed->set_value(runs->size()); });
  BOOST_REQUIRE(world.waits_for_lock("claims"));
  world.sql.run("COMMIT");
  BOOST_TEST(claimed->get_future().get() == 0u);
  BOOST_TEST(!world.b.run(run)->owner.has_value());
}

// The isolation that the guard needs is not left to the database's settings.
BOOST_AUTO_TEST_CASE(a_database_with_another_default_isolation_is_fenced_as_well) {
  const auto url = support::PostgresServer::shared().create_database();
  Sql sql{url};
  sql.run(
      "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || "
      "' SET default_transaction_isolation = ''serializable'''; END $$");
  Node node{url, "a"};
  const auto run = node.start_run();
  sql.run("BEGIN;" + fence_by_hand(node.me));
  auto outcome = node.append_later(node.new_append(run, 1));
  Sql look{url};
  BOOST_REQUIRE(support::eventually([&] {
    return look.value(
               "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE "
               "'%/journal' AND wait_event_type = 'Lock'") == "1";
  }));
  sql.run("COMMIT");
  BOOST_TEST((outcome.get() == Outcome::ownership_lost));
}

// Without a hand on the order: appends as fast as they go, a fence somewhere among them.
BOOST_AUTO_TEST_CASE(whatever_the_order_nothing_lands_after_a_fence) {
  World world;
  for (int round = 0; round < 40; ++round) {
    const auto fenced = world.a.me;
    std::atomic<bool> stop{false};
    std::atomic<int> durable{0}, lost{0};
    std::vector<RunId> runs;
    for (int i = 0; i < 8; ++i) runs.push_back(world.a.entropy.make_id<RunId>(world.a.now));
    std::vector<std::thread> actors;
    std::mutex ids; // StoreCalls makes ids for one thread
    for (const auto run : runs)
      actors.emplace_back([&, run] {
        for (Seq seq = 0; !stop; ++seq) {
          ports::Append append;
          {
            const std::lock_guard lock{ids};
            append = world.a.new_append(run, seq);
          }
          if (world.a.append(append) == Outcome::durable) {
            ++durable;
          } else {
            ++lost;
            return;
          }
        }
      });
    BOOST_TEST(support::eventually([&] { return durable > 10 + 7 * round; }));
    BOOST_TEST(world.b.fence(fenced));
    const auto at_the_fence = world.sql.value("SELECT count(*) FROM journal");
    stop = true;
    for (auto& actor : actors) actor.join();
    BOOST_TEST(world.sql.value("SELECT count(*) FROM journal") == at_the_fence);
    std::string list;
    for (const auto run : runs) list += (list.empty() ? "'" : ",'") + to_string(run) + "'";
    BOOST_TEST(world.sql.value("SELECT count(*) FROM journal WHERE run IN (" + list + ")") ==
               std::to_string(durable));
    world.a.me = world.a.join("a");
  }
}

BOOST_AUTO_TEST_SUITE_END()
