// Servers that die and answers that are lost: what was said is true, and what was done is found
// out.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <map>
#include <thread>

#include "tests/integration/store_world.hpp"
#include "tests/support/socket_proxy.hpp"

using namespace troupe;
using namespace troupe::integration;
using support::PostgresServer;

namespace {

/// A node that reaches a database through a proxy.
struct Proxied {
  std::string direct = PostgresServer::shared().create_database();
  support::TemporaryFolder folder{"troupe-proxy"};
  support::SocketProxy proxy{folder.path() / ".s.PGSQL.5432",
                             PostgresServer::shared().folder() / ".s.PGSQL.5432"};
  std::string through = "host=" + folder.path().string() + direct.substr(direct.find(" user="));
  Node node{through, "a"};
  support::Sql sql{direct};
};

/// The bytes with which a client runs a prepared statement (and does not only prepare it).
std::string execution_of(const std::string& statement) { return '\0' + statement + '\0'; }

} // namespace

BOOST_AUTO_TEST_SUITE(store_crash)

// Runs append as fast as they can while the server is killed and started several times.
BOOST_AUTO_TEST_CASE(what_was_durable_survives_a_killed_server_and_nothing_is_there_twice) {
  PostgresServer server;
  World world{server};
  constexpr int actors = 24;
  std::atomic<bool> stop{false};
  std::atomic<int> appended{0}, refused{0};
  std::vector<std::map<Seq, AppendId>> told(actors); // durable, as each actor heard it
  std::vector<RunId> runs;
  for (int i = 0; i < actors; ++i) runs.push_back(world.a.entropy.make_id<RunId>(world.a.now));
  std::vector<std::thread> threads;
  for (int i = 0; i < actors; ++i)
    threads.emplace_back([&, i] {
      SeededEntropy entropy{static_cast<std::uint64_t>(i) + 100};
      for (Seq seq = 0; !stop; ++seq) {
        ports::Append append;
        append.run = runs[static_cast<std::size_t>(i)];
        append.seq = seq;
        append.id = entropy.make_id<AppendId>(world.a.now);
        append.owner = world.a.me;
        append.body = "[]";
        if (world.a.append(append) != Outcome::durable) {
          ++refused;
          return;
        }
        told[static_cast<std::size_t>(i)][seq] = append.id;
        ++appended;
      }
    });
  for (int kills = 1; kills <= 3; ++kills) {
    const int before = appended;
    BOOST_TEST(support::eventually([&] { return appended > before + 200; }));
    server.kill();
    BOOST_TEST(support::eventually([&] { return world.a.store->journal().depth() == actors; }));
    server.start();
  }
  const int before = appended;
  BOOST_TEST(support::eventually([&] { return appended > before + 200; }));
  stop = true;
  for (auto& thread : threads) thread.join();
  BOOST_TEST(refused == 0);
  BOOST_TEST(world.a.store->journal().depth() == 0u);
  for (std::size_t i = 0; i < actors; ++i) {
    const auto rows = world.a.read(runs[i], 0, 1'000'000);
    BOOST_TEST(rows.size() == told[i].size());
    for (const auto& row : rows) BOOST_TEST((told[i].at(row.seq) == row.id));
  }
  BOOST_TEST(support::eventually([&] { return world.a.store->up(); }));
}

BOOST_AUTO_TEST_CASE(an_append_whose_answer_was_lost_is_durable_and_there_once) {
  Proxied world;
  const auto run = world.node.start_run();
  for (const bool ends : {false, true}) {
    const auto append = ends ? world.node.ending(run, 2) : world.node.new_append(run, 1);
    world.proxy.lose_next_answer_to(execution_of(ends ? "append_rows_and_ends" : "append_rows"));
    BOOST_TEST((world.node.append(append) == Outcome::durable));
  }
  BOOST_TEST(world.proxy.lost() == 2);
  BOOST_TEST(world.node.read(run).size() == 3u);
}

BOOST_AUTO_TEST_CASE(an_append_that_lost_to_a_rival_and_then_its_answer_is_lost) {
  Proxied world;
  const auto run = world.node.start_run();
  BOOST_TEST((world.node.append(world.node.new_append(run, 1)) == Outcome::durable));
  world.proxy.lose_next_answer_to(execution_of("append_rows"));
  BOOST_TEST((world.node.append(world.node.new_append(run, 1)) == Outcome::ownership_lost));
  BOOST_TEST(world.proxy.lost() == 1);
}

// The store has given the connection up, the server is still at work: the outcome is not read
// before that work has ended.
BOOST_AUTO_TEST_CASE(a_statement_left_behind_in_the_server_is_ended_before_reading_back) {
  Proxied world;
  const auto run = world.node.start_run();
  Gate gate{world.direct, "journal"};
  auto outcome = world.node.append_later(world.node.new_append(run, 1));
  support::Sql look{world.direct};
  const std::string waiting =
      "SELECT coalesce(min(pid), 0) FROM pg_stat_activity WHERE datname = current_database()"
      " AND application_name LIKE '%/journal' AND wait_event = 'advisory'";
  BOOST_REQUIRE(support::eventually([&] { return look.value(waiting) != "0"; }));
  const auto first = look.value(waiting);
  world.proxy.cut_all();
  // a new backend waits at the gate, and the one before is gone
  BOOST_REQUIRE(support::eventually([&] {
    const auto now = look.value(waiting);
    return now != "0" && now != first;
  }));
  BOOST_TEST(look.value("SELECT count(*) FROM pg_stat_activity WHERE pid = " + first) == "0");
  BOOST_TEST(!is_ready(outcome));
  gate.open();
  BOOST_TEST((outcome.get() == Outcome::durable));
  BOOST_TEST(world.node.read(run).size() == 2u);
}

BOOST_AUTO_TEST_CASE(calls_whose_answer_was_lost_are_made_again_and_count_once) {
  Proxied world;
  auto& node = world.node;
  const auto job = node.new_job("ops", "key");
  world.proxy.lose_next_answer_to(execution_of("insert_jobs"));
  const auto submitted = node.submit(job);
  BOOST_REQUIRE(submitted.ok());
  BOOST_TEST(!submitted->duplicate);
  BOOST_TEST(node.jobs().size() == 1u);

  auto owned = node.new_job("ops", "owned");
  owned.owner = node.me;
  world.proxy.lose_next_answer_to(execution_of("insert_jobs"));
  BOOST_TEST(node.submit(owned)->owned);
  BOOST_REQUIRE((node.append(node.ending(owned.run, 1)) == Outcome::durable));

  world.proxy.lose_next_answer_to(execution_of("post_to_inbox"));
  BOOST_TEST(*node.post(job.run, "x"));
  BOOST_TEST(node.inbox(job.run).size() == 1u);

  world.proxy.lose_next_answer_to(execution_of("claim_runs"));
  const auto claimed = node.claim();
  BOOST_REQUIRE(claimed.size() == 1u);
  BOOST_TEST((claimed[0].id == job.run));
  BOOST_TEST(node.claim().empty());

  const ports::AlertBatch batch{"troupe",
                                "group",
                                {{"f1", "firing", "2026-11-20T10:00:00Z", JsonText{"{}"}}},
                                node.new_job(),
                                node.now};
  world.proxy.lose_next_answer_to(execution_of("accept_alert_bodies"));
  const auto receipt = node.accept(batch);
  BOOST_REQUIRE(receipt.ok());
  BOOST_TEST((receipt->started == batch.job_if_needed->run));
  BOOST_TEST((receipt->jobs == std::vector{batch.job_if_needed->id}));
  BOOST_TEST(node.jobs().size() == 3u);

  world.proxy.lose_next_answer_to(execution_of("renew_lease"));
  BOOST_TEST(node.renew(node.me));
  world.proxy.lose_next_answer_to(execution_of("fence_node"));
  Node other{world.direct, "b"};
  BOOST_TEST(node.fence(other.me));
  BOOST_TEST(world.proxy.lost() == 7);
}

// A watch must see a gap: the read that failed is told, and not made good behind its back.
BOOST_AUTO_TEST_CASE(a_read_of_the_peers_that_was_lost_is_an_error) {
  Proxied world;
  const auto peers = [&] {
    return support::ask<std::vector<ports::PeerRow>>(
        [&](auto done) { world.node.store->membership().peers(done); });
  };
  BOOST_TEST(peers().ok());
  world.proxy.lose_next_answer_to(execution_of("select_peers"));
  const auto lost = peers();
  BOOST_REQUIRE(!lost.ok());
  BOOST_TEST((lost.error().error_class == ErrorClass::internal));
  BOOST_TEST(peers()->size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_server_that_hangs_is_told_in_time_and_appends_wait_for_it) {
  PostgresServer server;
  World world{server};
  const auto run = world.a.start_run();
  server.pause();
  auto outcome = world.a.append_later(world.a.new_append(run, 1));
  const auto begin = std::chrono::steady_clock::now();
  const auto peers = support::ask<std::vector<ports::PeerRow>>(
      [&](auto done) { world.a.store->membership().peers(done); });
  BOOST_TEST(!peers.ok());
  const auto renewed = support::ask<bool>(
      [&](auto done) { world.a.store->membership().renew(world.a.me, true, done); });
  BOOST_TEST(!renewed.ok());
  BOOST_TEST((renewed.error().error_class == ErrorClass::internal));
  BOOST_TEST((std::chrono::steady_clock::now() - begin < limits::lease_period + Millis{1000}));
  BOOST_TEST(!world.a.store->up());
  BOOST_TEST(!is_ready(outcome));
  server.resume();
  BOOST_TEST((outcome.get() == Outcome::durable));
  BOOST_TEST(support::eventually([&] {
    return support::ask<bool>(
               [&](auto done) { world.a.store->membership().renew(world.a.me, true, done); })
        .ok();
  }));
  BOOST_TEST(support::eventually([&] { return world.a.store->up(); }));
}

BOOST_AUTO_TEST_CASE(a_server_that_is_away_is_told_after_a_few_seconds_and_found_again) {
  PostgresServer server;
  World world{server};
  server.stop();
  const auto refused = world.a.submit(world.a.new_job());
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST((refused.error().error_class == ErrorClass::internal));
  BOOST_TEST_CONTEXT(refused.error().message)
  BOOST_TEST(refused.error().message.find(server.folder().string()) != std::string::npos);
  BOOST_TEST(!world.a.store->up());
  server.start();
  BOOST_TEST(world.a.submit(world.a.new_job()).ok());
}

// What the server says of a disk that is full or a transaction that lost a deadlock is not the end.
BOOST_AUTO_TEST_CASE(an_append_waits_out_what_passes) {
  for (const auto* sqlstate : {"53100", "40P01", "25006", "42501"}) {
    World world;
    const auto run = world.a.start_run();
    world.sql.run(std::string{"CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                              " RAISE EXCEPTION 'not now' USING ERRCODE = '"} +
                  sqlstate +
                  "'; END $$;"
                  "CREATE TRIGGER fail BEFORE INSERT ON journal EXECUTE FUNCTION fail()");
    auto outcome = world.a.append_later(world.a.new_append(run, 1));
    BOOST_TEST(support::eventually([&] { return !world.a.store->up(); }));
    BOOST_TEST(!is_ready(outcome));
    world.sql.run("DROP TRIGGER fail ON journal");
    BOOST_TEST((outcome.get() == Outcome::durable));
    BOOST_TEST(support::eventually([&] { return world.a.store->up(); }));
  }
}

BOOST_AUTO_TEST_CASE(one_row_that_the_server_will_never_take_does_not_hold_up_the_others) {
  World world;
  world.sql.run("ALTER TABLE journal ADD CHECK (body <> 'poison')");
  Gate gate{world.url, "journal"};
  std::vector<std::future<Outcome>> outcomes;
  const auto send = [&](const char* body) {
    outcomes.push_back(world.a.append_later(world.a.new_append(world.a.new_job().run, 0, body)));
  };
  send("alone");
  BOOST_REQUIRE(world.waits_for_lock("journal", "advisory"));
  for (const auto* body : {"good", "poison", "good"}) send(body); // these will be one batch
  gate.open();
  const Outcome expected[] = {Outcome::durable, Outcome::durable, Outcome::ownership_lost,
                              Outcome::durable};
  for (std::size_t i = 0; i < outcomes.size(); ++i) BOOST_TEST((outcomes[i].get() == expected[i]));
  BOOST_TEST(world.sql.value("SELECT count(*) FROM journal") == "3");
}

BOOST_AUTO_TEST_CASE(a_store_closes_while_its_server_hangs) {
  PostgresServer server;
  auto world = std::make_unique<World>(server);
  const auto run = world->a.start_run();
  server.pause();
  std::atomic<int> appended{0}, internal{0};
  auto& store = *world->a.store;
  store.journal().append(world->a.new_append(run, 1), [&](auto) { ++appended; });
  for (int i = 0; i < 3; ++i)
    store.jobs().get_run(run, [&](auto answer) {
      internal += !answer.ok() && answer.error().error_class == ErrorClass::internal;
    });
  world->a.store.reset();
  BOOST_TEST(internal == 3);
  BOOST_TEST(appended == 0);
  server.resume();
}

BOOST_AUTO_TEST_SUITE_END()
