// Parking against everything that may happen to a run at the same moment. The claim: a run that is
// parked has nothing in its inbox and no append under way, and nobody sleeps through what came.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "tests/integration/store_world.hpp"
#include "tests/support/socket_proxy.hpp"

using namespace troupe;
using namespace troupe::integration;
using namespace std::chrono_literals;
using ports::ParkOutcome;
using support::PostgresServer;

namespace {

std::future<Result<ParkOutcome>> park_later(Node& node, RunId run, std::optional<Instant> wake_at) {
  auto answer = std::make_shared<std::promise<Result<ParkOutcome>>>();
  node.store->jobs().park(run, node.me, wake_at,
                          [answer](auto value) { answer->set_value(std::move(value)); });
  return answer->get_future();
}

std::future<Result<bool>> post_later(Node& node, RunId run, const std::string& id) {
  auto answer = std::make_shared<std::promise<Result<bool>>>();
  node.store->jobs().post_inbox(run, {id, "signal", JsonText{"1"}, node.now},
                                [answer](auto value) { answer->set_value(std::move(value)); });
  return answer->get_future();
}

RunId owned_run(Node& node) {
  const auto run = node.start_run();
  BOOST_REQUIRE(node.claim().size() == 1u);
  return run;
}

} // namespace

BOOST_AUTO_TEST_SUITE(store_parking)

BOOST_AUTO_TEST_CASE(a_park_waits_for_a_post_that_is_being_written_and_heeds_it) {
  World world;
  const auto run = owned_run(world.a);
  Gate gate{world.url, "inbox"};
  auto posted = post_later(world.b, run, "x");
  BOOST_REQUIRE(world.waits_for_lock("intake", "advisory"));
  auto parked = park_later(world.a, run, world.a.now + 1h);
  BOOST_REQUIRE(world.waits_for_lock("claims", "transactionid"));
  BOOST_TEST(!is_ready(parked));
  gate.open();
  BOOST_TEST(*posted.get());
  BOOST_TEST((*parked.get() == ParkOutcome::inbox_waiting));
  BOOST_TEST((world.b.run(run)->owner == world.a.me));
}

BOOST_AUTO_TEST_CASE(a_post_waits_for_a_park_that_is_being_written_and_wakes_the_run) {
  const std::pair<const char*, bool> table[] = {{"COMMIT", true}, {"ROLLBACK", false}};
  for (const auto& [end, is_free] : table) {
    World world;
    const auto run = owned_run(world.a);
    world.sql.run("BEGIN; SELECT park_runs(ARRAY['" + to_string(run) + "'::uuid], ARRAY['" +
                  to_string(world.a.me) + "'::uuid], ARRAY['infinity'::timestamptz])");
    auto posted = post_later(world.b, run, "x");
    BOOST_REQUIRE(world.waits_for_lock("intake"));
    world.sql.run(end);
    BOOST_TEST(*posted.get());
    const auto row = world.b.run(run);
    BOOST_TEST(!row->parked);
    BOOST_TEST(row->owner.has_value() == !is_free);
    BOOST_TEST(world.b.claim().size() == (is_free ? 1u : 0u));
  }
}

// The driver parks only with no append under way; should one be, the row's lock puts them in order.
BOOST_AUTO_TEST_CASE(a_park_waits_for_an_append_that_takes_from_the_inbox) {
  World world;
  const auto run = owned_run(world.a);
  BOOST_TEST(*world.a.post(run, "x"));
  world.sql.run("BEGIN; SELECT FROM runs WHERE id = '" + to_string(run) + "' FOR UPDATE");
  auto step = world.a.new_append(run, 1);
  step.inbox_applied = {"x"};
  auto outcome = world.a.append_later(step);
  BOOST_REQUIRE(world.waits_for_lock("journal"));
  auto parked = park_later(world.a, run, std::nullopt);
  BOOST_REQUIRE(world.waits_for_lock("claims"));
  world.sql.run("COMMIT");
  BOOST_TEST((outcome.get() == Outcome::durable));
  BOOST_TEST((*parked.get() == ParkOutcome::parked));
  BOOST_TEST(world.sql.value("SELECT inbox_waiting FROM runs") == "0");
}

// The end of a parked run by a stale owner does not go past what the new owner wrote.
BOOST_AUTO_TEST_CASE(a_stale_owner_writes_nothing_behind_the_one_who_woke_the_run) {
  World world;
  const auto run = owned_run(world.a);
  BOOST_TEST((world.a.park(run, world.a.me, world.a.now) == ParkOutcome::parked));
  world.b.now = world.a.now;
  BOOST_REQUIRE(world.b.claim().size() == 1u);
  BOOST_TEST((world.b.append(world.b.new_append(run, 1, "\"adopted\"")) == Outcome::durable));
  BOOST_TEST((world.a.append(world.a.ending(run, 1)) == Outcome::ownership_lost));
  BOOST_TEST((world.b.run(run)->owner == world.b.me));
}

BOOST_AUTO_TEST_CASE(a_claim_passes_over_a_due_run_that_is_being_woken_by_its_inbox) {
  World world;
  const auto run = owned_run(world.a);
  BOOST_TEST((world.a.park(run, world.a.me, world.a.now) == ParkOutcome::parked));
  Gate gate{world.url, "inbox"};
  auto posted = post_later(world.a, run, "x");
  BOOST_REQUIRE(world.waits_for_lock("intake", "advisory"));
  world.b.now = world.a.now + 1h;
  BOOST_TEST(world.b.claim().empty()); // without waiting
  gate.open();
  BOOST_TEST(*posted.get());
  BOOST_TEST(world.b.claim().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_park_whose_answer_was_lost_is_done_and_said_to_be) {
  const auto direct = PostgresServer::shared().create_database();
  support::TemporaryFolder folder{"troupe-proxy"};
  support::SocketProxy proxy{folder.path() / ".s.PGSQL.5432",
                             PostgresServer::shared().folder() / ".s.PGSQL.5432"};
  Node node{"host=" + folder.path().string() + direct.substr(direct.find(" user=")), "a"};
  const auto run = owned_run(node);
  proxy.lose_next_answer_to(std::string{'\0'} + "park_runs" + '\0');
  BOOST_TEST((node.park(run, node.me, std::nullopt) == ParkOutcome::parked));
  BOOST_TEST(proxy.lost() == 1);
  BOOST_TEST(node.run(run)->parked);
}

// A batch waits for no run that somebody else holds: that one comes after the others.
BOOST_AUTO_TEST_CASE(a_batch_of_posts_is_not_part_of_a_deadlock) {
  World world;
  const auto held = owned_run(world.a), other = owned_run(world.a);
  Gate gate{world.url, "inbox"};
  auto first = post_later(world.b, other, "0"); // holds up the worker, so that a batch forms
  BOOST_REQUIRE(world.waits_for_lock("intake", "advisory"));
  auto one = post_later(world.b, other, "1"), two = post_later(world.b, held, "2"),
       three = post_later(world.b, held, "3");
  world.sql.run("BEGIN; SELECT FROM runs WHERE id = '" + to_string(held) + "' FOR UPDATE");
  gate.open();
  BOOST_TEST(*first.get());
  BOOST_REQUIRE(world.waits_for_lock("intake"));
  // the batch is committed but for the held run, and so its other row is free
  world.sql.run("SELECT FROM runs WHERE id = '" + to_string(other) + "' FOR UPDATE NOWAIT; COMMIT");
  BOOST_TEST(*one.get());
  BOOST_TEST(*two.get());
  BOOST_TEST(*three.get());
  const auto rows = world.a.inbox(held);
  BOOST_REQUIRE(rows.size() == 2u);
  BOOST_TEST(rows[0].id == "2");
  BOOST_TEST(rows[1].id == "3");
}

// Without a hand on the order: two nodes claim, take what is in the inbox, and park; a third posts.
BOOST_AUTO_TEST_CASE(whatever_the_order_every_post_is_taken_once) {
  World world;
  Node poster{world.url, "c"};
  constexpr int runs_count = 6, posts = 300;
  std::vector<RunId> runs;
  for (int i = 0; i < runs_count; ++i) runs.push_back(world.a.start_run());
  std::atomic<int> taken{0};
  std::atomic<bool> stop{false};
  const auto serve = [&](Node& node) {
    while (!stop)
      for (const auto& row : node.claim(2)) {
        Seq seq = node.read(row.id, 0, 10'000).back().seq + 1;
        for (;;) {
          auto append = node.new_append(row.id, seq++);
          for (const auto& post : node.inbox(row.id)) append.inbox_applied.push_back(post.id);
          if (!append.inbox_applied.empty()) {
            if (node.append(append) != Outcome::durable) break; // a rival: no test would pass
            taken += static_cast<int>(append.inbox_applied.size());
          }
          if (node.park(row.id, node.me, std::nullopt) == ParkOutcome::parked) break;
        }
      }
  };
  std::thread one{[&] { serve(world.a); }}, other{[&] { serve(world.b); }};
  for (int i = 0; i < posts; ++i)
    BOOST_TEST(*poster.post(runs[static_cast<std::size_t>(i % runs_count)], std::to_string(i)));
  BOOST_TEST(support::eventually([&] { return taken == posts; }));
  stop = true;
  one.join();
  other.join();
  BOOST_TEST(taken == posts);
  BOOST_TEST(world.sql.value("SELECT count(*) FROM inbox WHERE taken_by IS NULL") == "0");
  BOOST_TEST(world.sql.value("SELECT sum(inbox_waiting) FROM runs") == "0");
}

BOOST_AUTO_TEST_SUITE_END()
