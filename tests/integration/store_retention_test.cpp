// Archiving and purging beside readers, and beside another node that is at it.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "tests/integration/store_world.hpp"

using namespace troupe;
using namespace troupe::integration;
using namespace std::chrono_literals;

namespace {

const std::vector<ports::RetentionRule> hour_and_day{{"", 1h, 24h}};

RunId ended_run(Node& node, Seq appends) {
  const auto run = node.start_run();
  for (Seq seq = 1; seq < appends; ++seq)
    BOOST_REQUIRE((node.append(node.new_append(run, seq)) == Outcome::durable));
  BOOST_REQUIRE((node.append(node.ending(run, appends)) == Outcome::durable));
  return run;
}

} // namespace

BOOST_AUTO_TEST_SUITE(store_retention)

BOOST_AUTO_TEST_CASE(an_archived_journal_is_one_row_and_none_in_the_journal) {
  World world;
  const auto run = ended_run(world.a, 40);
  world.a.now += 2h;
  BOOST_TEST(world.a.retain(hour_and_day).archived == 1u);
  BOOST_TEST(world.sql.value("SELECT count(*) FROM journal") == "0");
  BOOST_TEST(world.sql.value("SELECT count(*) FROM archive") == "1");
  BOOST_TEST(world.a.read(run).size() == 41u);
}

BOOST_AUTO_TEST_CASE(what_somebody_holds_is_left_for_later) {
  World world;
  const auto held = ended_run(world.a, 1), free = ended_run(world.a, 1);
  world.a.now += 2h;
  world.sql.run("BEGIN; SELECT FROM runs WHERE id = '" + to_string(held) + "' FOR UPDATE");
  BOOST_TEST(world.a.retain(hour_and_day).archived == 1u); // without waiting
  BOOST_TEST(world.b.run(free)->archived);
  world.sql.run("COMMIT");
  BOOST_TEST(world.a.retain(hour_and_day).archived == 1u);
}

BOOST_AUTO_TEST_CASE(one_node_is_at_it_at_a_time) {
  World world;
  ended_run(world.a, 1);
  world.a.now += 2h;
  world.b.now = world.a.now;
  world.sql.run("SELECT pg_advisory_lock(7016996765293437282)"); // as a batch under way
  BOOST_TEST(world.b.retain(hour_and_day).archived == 0u);
  world.sql.run("SELECT pg_advisory_unlock(7016996765293437282)");
  BOOST_TEST(world.b.retain(hour_and_day).archived == 1u);
}

// A fold that is being read while its run is archived, over and over: it misses nothing.
BOOST_AUTO_TEST_CASE(a_reader_sees_every_row_whatever_is_archived_meanwhile) {
  World world;
  std::vector<RunId> runs;
  const auto appends = limits::journal_page_rows + 20; // more than one page
  for (int i = 0; i < 12; ++i) {
    const auto run = world.a.start_run();
    world.sql.run("INSERT INTO journal SELECT '" + to_string(run) +
                  "', g, gen_random_uuid(), now(), '[]' FROM generate_series(1, " +
                  std::to_string(appends - 1) + ") g");
    BOOST_REQUIRE((world.a.append(world.a.ending(run, appends)) == Outcome::durable));
    runs.push_back(run);
  }
  std::atomic<bool> stop{false};
  std::atomic<int> folds{0}, gaps{0};
  std::thread reader{[&] {
    while (!stop)
      for (const auto run : runs) {
        auto page = world.b.fold(run);
        Seq next = 0;
        for (;; page.rows = world.b.read(run, next), page.more = !page.rows.empty()) {
          for (const auto& row : page.rows) gaps += row.seq != next++;
          if (!page.more) break;
        }
        gaps += next != appends + 1;
        ++folds;
      }
  }};
  const auto after = [&](int count) {
    const int before = folds;
    return support::eventually([&] { return folds >= before + count; });
  };
  BOOST_TEST(after(12));
  world.a.now += 2h;
  for (std::size_t archived = 0; archived < runs.size();) {
    archived += world.a.retain(hour_and_day, 1).archived;
    BOOST_TEST(after(2));
  }
  BOOST_TEST(after(12));
  stop = true;
  reader.join();
  BOOST_TEST(gaps == 0);
  world.a.now += 24h;
  while (world.a.retain(hour_and_day, 5).more) continue;
  for (const auto* table : {"jobs", "runs", "journal", "archive", "inbox", "snapshots"})
    BOOST_TEST(world.sql.value("SELECT count(*) FROM " + std::string{table}) == "0", table);
}

BOOST_AUTO_TEST_SUITE_END()
