// What every JobStore does with runs that only wait: parked, due, woken by their inbox.
#include <boost/test/unit_test.hpp>

#include "tests/conformance/store_backends.hpp"
#include "tests/support/eventually.hpp"

using namespace troupe;
using namespace troupe::conformance;
using namespace std::chrono_literals;
using ports::AppendOutcome;
using ports::ParkOutcome;

namespace {

/// A run that `node` owns.
template <class Calls>
RunId owned(Calls& node, const std::string& team = "ops") {
  const auto job = node.new_job(team);
  BOOST_REQUIRE(node.submit(job).ok());
  BOOST_REQUIRE(node.claim().size() == 1u);
  return job.run;
}

std::vector<RunId> ids_of(const std::vector<ports::RunRow>& rows) {
  std::vector<RunId> ids;
  for (const auto& row : rows) ids.push_back(row.id);
  return ids;
}

} // namespace

BOOST_AUTO_TEST_SUITE(parking)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_parked_run_has_no_owner_and_says_until_when, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  for (const auto wake_at : {std::optional{node.now + 1h}, std::optional<Instant>{}}) {
    const auto run = owned(node);
    BOOST_TEST((node.park(run, node.me, wake_at) == ParkOutcome::parked));
    const auto row = cluster.b.run(run);
    BOOST_TEST(!row->owner.has_value());
    BOOST_TEST(row->parked);
    BOOST_TEST((row->wake_at == wake_at));
    BOOST_TEST((row->state == ports::RunState::running));
    BOOST_TEST(cluster.b.claim().empty());
    BOOST_TEST((node.park(run, node.me, wake_at) == ParkOutcome::parked)); // its answer was lost
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(any_node_claims_what_is_due_and_nothing_before, B, Backends) {
  Cluster<B> cluster;
  auto& a = cluster.a;
  auto& b = cluster.b;
  const auto first = owned(a), second = owned(a), never = owned(a);
  const auto start = a.now;
  a.park(first, a.me, start + 10s);
  a.park(second, a.me, start + 20s);
  a.park(never, a.me, std::nullopt);
  b.now = start + 10s - 1ms;
  BOOST_TEST(b.claim().empty());
  b.now = start + 10s;
  const auto claimed = b.claim();
  BOOST_TEST((ids_of(claimed) == std::vector{first}));
  BOOST_TEST((claimed.at(0).owner == b.me));
  BOOST_TEST(!claimed.at(0).parked);
  BOOST_TEST(!claimed.at(0).wake_at.has_value());
  b.now = start + 24h;
  BOOST_TEST((ids_of(b.claim()) == std::vector{second}));
  BOOST_TEST(b.claim().empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(due_runs_go_by_priority_and_team_like_others, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto flood = owned(node, "flood"), more = owned(node, "flood"),
             quiet = owned(node, "quiet");
  for (const auto run : {flood, more, quiet}) node.park(run, node.me, node.now + 1ms);
  node.now += 1s;
  BOOST_TEST((ids_of(node.claim()) == std::vector{flood, quiet, more}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_comes_into_its_inbox_wakes_a_parked_run, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  for (const auto wake_at : {std::optional{node.now + 1h}, std::optional<Instant>{}}) {
    const auto run = owned(node);
    BOOST_TEST((node.park(run, node.me, wake_at) == ParkOutcome::parked));
    BOOST_TEST(*cluster.b.post(run, "x"));
    const auto row = node.run(run);
    BOOST_TEST(!row->parked);
    BOOST_TEST(!row->wake_at.has_value());
    BOOST_TEST((ids_of(cluster.b.claim()) == std::vector{run}));
    BOOST_TEST(cluster.b.inbox(run).size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_alert_wakes_the_parked_run_of_its_incident, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto batch = [&](const char* status) {
    return ports::AlertBatch{
        "troupe", "group", {{"f1", status, "t", JsonText{"{}"}}}, node.new_job(), node.now};
  };
  const auto started = node.accept(batch("firing"));
  BOOST_REQUIRE(started->started.has_value());
  node.claim();
  BOOST_TEST((node.park(*started->started, node.me, std::nullopt) == ParkOutcome::parked));
  BOOST_TEST((node.accept(batch("resolved"))->signalled == std::vector{*started->started}));
  BOOST_TEST(node.claim().size() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_run_whose_inbox_holds_something_is_not_parked, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = owned(node);
  BOOST_TEST(*node.post(run, "x"));
  BOOST_TEST((node.park(run, node.me, node.now + 1h) == ParkOutcome::inbox_waiting));
  BOOST_TEST((node.run(run)->owner == node.me));
  auto append = node.new_append(run, 1);
  append.inbox_applied = {"x"};
  BOOST_REQUIRE((node.append(append) == AppendOutcome::durable));
  BOOST_TEST((node.park(run, node.me, node.now + 1h) == ParkOutcome::parked));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(only_its_owner_parks_a_run, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = owned(node);
  BOOST_TEST((cluster.b.park(run, cluster.b.me, node.now + 1h) == ParkOutcome::not_owner));
  BOOST_TEST((node.run(run)->owner == node.me));
  BOOST_REQUIRE((node.append(node.ending(run, 1)) == AppendOutcome::durable));
  BOOST_TEST((node.park(run, node.me, node.now + 1h) == ParkOutcome::not_owner));
  BOOST_TEST((node.park(node.new_job().run, node.me, std::nullopt) == ParkOutcome::not_owner));

  const auto taken = owned(node);
  BOOST_REQUIRE(cluster.b.fence(node.me));
  BOOST_REQUIRE(cluster.b.claim().size() == 1u);
  BOOST_TEST((node.park(taken, node.me, node.now + 1h) == ParkOutcome::not_owner));
  BOOST_TEST((cluster.b.run(taken)->owner == cluster.b.me));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_next_due_run_is_told_within_the_horizon, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto start = node.now;
  BOOST_TEST(!node.next_due(start + 24h).has_value());
  const auto late = owned(node), soon = owned(node), never = owned(node);
  node.park(late, node.me, start + 2h);
  node.park(soon, node.me, start + 1h);
  node.park(never, node.me, std::nullopt);
  BOOST_TEST(!cluster.b.next_due(start + 1h - 1ms).has_value());
  BOOST_TEST((cluster.b.next_due(start + 1h) == start + 1h));
  BOOST_TEST((cluster.b.next_due(start + 24h * 365) == start + 1h));
  node.post(soon, "x").ok();
  BOOST_TEST((cluster.b.next_due(start + 24h) == start + 2h));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(parked_runs_leave_room_for_others, B, Backends) {
  Cluster<B> cluster{2};
  auto& node = cluster.a;
  const auto parked = owned(node);
  owned(node);
  BOOST_TEST(!node.submit(node.new_job()).ok());
  BOOST_TEST((node.park(parked, node.me, std::nullopt) == ParkOutcome::parked));
  // the count may be a moment old
  BOOST_TEST(support::eventually([&] { return node.submit(node.new_job()).ok(); }));
  BOOST_TEST(*node.post(parked, "x"));
  BOOST_TEST(support::eventually([&] { return !node.submit(node.new_job()).ok(); }));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(one_question_tells_every_inbox_that_holds_something, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto told = owned(node), quiet = owned(node);
  BOOST_TEST(node.inboxes_waiting(node.me).empty());
  for (const auto* id : {"x", "y"}) BOOST_TEST(*node.post(told, id));
  BOOST_TEST((node.inboxes_waiting(node.me) == std::vector{told}));
  BOOST_TEST(cluster.b.inboxes_waiting(cluster.b.me).empty());
  auto append = node.new_append(told, 1);
  append.inbox_applied = {"x", "y"};
  BOOST_REQUIRE((node.append(append) == AppendOutcome::durable));
  BOOST_TEST(node.inboxes_waiting(node.me).empty());
  BOOST_TEST(*node.post(quiet, "x"));
  BOOST_TEST((node.inboxes_waiting(node.me) == std::vector{quiet}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_inbox_is_read_page_by_page, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = owned(node), other = owned(node);
  for (const auto* id : {"1", "2", "3", "4", "5"}) {
    BOOST_TEST(*node.post(run, id));
    BOOST_TEST(*node.post(other, id));
  }
  std::string read;
  std::uint64_t after = 0;
  for (;;) {
    const auto page = node.inbox(run, after, 2);
    for (const auto& row : page) read += row.id;
    read += ' ';
    if (page.size() < 2) break;
    after = page.back().place;
  }
  BOOST_TEST(read == "12 34 5 ");
  auto append = node.new_append(run, 1);
  append.inbox_applied = {"1", "2", "3"};
  BOOST_REQUIRE((node.append(append) == AppendOutcome::durable));
  BOOST_TEST(node.inbox(run, 0, 2).at(0).id == "4");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(posts_and_parks_queued_together_are_answered_one_by_one, B,
                              Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  std::vector<RunId> runs;
  for (int i = 0; i < 20; ++i) runs.push_back(owned(node));
  const auto missing = node.new_job().run;
  const auto post = [&](RunId run, const std::string& id) {
    auto answer = std::make_shared<std::promise<Result<bool>>>();
    node.store->jobs().post_inbox(run, {id, "signal", JsonText{"1"}, node.now},
                                  [answer](auto value) { answer->set_value(std::move(value)); });
    return answer->get_future();
  };
  std::vector<std::future<Result<bool>>> fresh, known, refused;
  for (int i = 0; i < 30; ++i)
    for (const auto run : runs) fresh.push_back(post(run, std::to_string(i)));
  for (const auto run : runs) known.push_back(post(run, "7"));
  refused.push_back(post(missing, "1"));
  for (auto& answer : fresh) BOOST_TEST(*answer.get());
  for (auto& answer : known) BOOST_TEST(!*answer.get());
  for (auto& answer : refused) BOOST_TEST(!answer.get().ok());
  for (const auto run : runs) {
    const auto rows = node.inbox(run);
    BOOST_REQUIRE(rows.size() == 30u);
    for (int i = 0; i < 30; ++i)
      BOOST_TEST(rows[static_cast<std::size_t>(i)].id == std::to_string(i));
  }

  std::vector<std::future<ParkOutcome>> parks;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (i % 2 == 0) {
      auto append = node.new_append(runs[i], 1);
      for (int id = 0; id < 30; ++id) append.inbox_applied.push_back(std::to_string(id));
      BOOST_REQUIRE((node.append(append) == AppendOutcome::durable));
    }
  }
  for (const auto run : runs) {
    auto answer = std::make_shared<std::promise<ParkOutcome>>();
    node.store->jobs().park(run, node.me, node.now + 1h,
                            [answer](auto value) { answer->set_value(*value); });
    parks.push_back(answer->get_future());
  }
  for (std::size_t i = 0; i < parks.size(); ++i)
    BOOST_TEST((parks[i].get() == (i % 2 == 0 ? ParkOutcome::parked : ParkOutcome::inbox_waiting)));
}

BOOST_AUTO_TEST_SUITE_END()
