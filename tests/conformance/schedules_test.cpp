// What every store does with schedules.
#include <boost/test/unit_test.hpp>

#include "tests/conformance/store_backends.hpp"
#include "tests/support/eventually.hpp"

using namespace troupe;
using namespace troupe::conformance;
using namespace std::chrono_literals;
using ports::FireOutcome;
using ports::ScheduleId;

namespace {

const ScheduleId nightly{"ops", "nightly"};
const std::string at_three = "0 3 * * * UTC";

using Rows = std::vector<ports::ScheduleRow>;

/// The calls of one node's Schedules, waited for.
struct Calls {
  support::StoreCalls& node;

  ports::Schedules& port() { return node.store->schedules(); }
  void declare(std::vector<ports::DeclaredSchedule> schedules, const std::string& team = "ops") {
    const auto done =
        support::ask<Unit>([&](auto done) { port().declare(team, schedules, node.now, done); });
    BOOST_REQUIRE(done.ok());
  }
  Rows list() {
    return *support::ask<Rows>([&](auto done) { port().list(done); });
  }
  ports::DueJob due(Instant at, const std::string& timing = at_three) {
    ports::DueJob job{nightly, timing, at, true,
                      node.new_job("ops", "schedule:nightly:" + to_iso8601(at))};
    return job;
  }
  Result<FireOutcome> fire(const ports::DueJob& job) {
    return support::ask<FireOutcome>([&](auto done) { port().fire(job, done); });
  }
  void let_go(Instant until, const std::string& note, const std::string& timing = at_three) {
    (void)*support::ask<Unit>(
        [&](auto done) { port().let_go(nightly, timing, until, note, done); });
  }
  Result<bool> pause(const ScheduleId& schedule = nightly) {
    return support::ask<bool>([&](auto done) { port().pause(schedule, "ann", node.now, done); });
  }
  Result<bool> resume(const ScheduleId& schedule = nightly) {
    return support::ask<bool>([&](auto done) { port().resume(schedule, node.now, done); });
  }
};

/// Two nodes, one schedule.
template <class B>
struct World {
  explicit World(std::size_t open_jobs_max = limits::open_jobs_max) : cluster{open_jobs_max} {
    a.declare({{"nightly", at_three}});
  }
  Cluster<B> cluster;
  Calls a{cluster.a}, b{cluster.b};
};

} // namespace

BOOST_AUTO_TEST_SUITE(schedules)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_due_time_makes_one_job_however_many_nodes_fire_it, B, Backends) {
  World<B> world;
  const auto due = world.cluster.a.now + 1h;
  const auto first = world.a.due(due), second = world.b.due(due);
  BOOST_TEST((*world.a.fire(first) == FireOutcome::started));
  BOOST_TEST((*world.b.fire(second) == FireOutcome::done));
  BOOST_TEST((*world.a.fire(first) == FireOutcome::started));              // its answer was lost
  BOOST_TEST((*world.b.fire(world.b.due(due - 1h)) == FireOutcome::done)); // it was slow
  BOOST_TEST(world.cluster.a.jobs().size() == 1u);
  BOOST_TEST((world.cluster.b.job(first.job.id)->runs == std::vector{first.job.run}));
  BOOST_TEST(world.cluster.b.read(first.job.run).size() == 1u);
  const auto row = world.b.list().at(0);
  BOOST_TEST((row.schedule == nightly));
  BOOST_TEST((row.seen == due));
  BOOST_TEST((row.last_due == due));
  BOOST_TEST((row.last_job == first.job.id));
  BOOST_TEST(row.note == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_time_whose_job_is_there_has_no_other, B, Backends) {
  World<B> world;
  const auto due = world.a.due(world.cluster.a.now + 1h);
  BOOST_REQUIRE(world.cluster.a.submit(due.job).ok());
  const auto other = world.b.due(due.due);
  BOOST_TEST((*world.b.fire(other) == FireOutcome::done));
  BOOST_TEST(world.cluster.a.jobs().size() == 1u);
  BOOST_TEST((world.b.list().at(0).seen == due.due));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_declaration_that_is_repeated_changes_nothing, B, Backends) {
  World<B> world;
  const auto declared_at = world.a.list().at(0).seen;
  BOOST_TEST((declared_at == world.cluster.a.now));
  world.cluster.b.now += 24h;
  world.b.declare({{"nightly", at_three}});
  BOOST_TEST((world.b.list().at(0).seen == declared_at));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(another_timing_counts_from_now_and_keeps_what_was, B, Backends) {
  World<B> world;
  auto& now = world.cluster.a.now;
  const auto job = world.a.due(now + 1h);
  BOOST_REQUIRE((*world.a.fire(job) == FireOutcome::started));
  now += 12h;
  world.a.declare({{"nightly", "0 * * * * UTC"}});
  const auto row = world.a.list().at(0);
  BOOST_TEST(row.timing == "0 * * * * UTC");
  BOOST_TEST((row.seen == now));
  BOOST_TEST((row.last_due == job.due));
  BOOST_TEST((row.last_job == job.job.id));
  // A node whose file is older fires no more.
  BOOST_TEST((*world.b.fire(world.b.due(now + 1h)) == FireOutcome::changed));
  world.b.let_go(now + 1h, "too late");
  BOOST_TEST((world.a.list().at(0).seen == now));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_declared_no_more_is_kept_for_when_it_comes_back, B,
                              Backends) {
  World<B> world;
  auto& now = world.cluster.a.now;
  const auto job = world.a.due(now + 1h);
  BOOST_REQUIRE((*world.a.fire(job) == FireOutcome::started));
  BOOST_REQUIRE(*world.a.pause());
  world.b.declare({{"weekly", "0 3 * * 1 UTC"}}, "others");
  world.a.declare({});
  BOOST_TEST(world.a.list().size() == 1u); // the other team's
  BOOST_TEST((*world.a.fire(world.a.due(now + 25h)) == FireOutcome::changed));
  BOOST_TEST((world.a.pause().error().error_class == ErrorClass::invalid_input));
  now += 100h;
  world.a.declare({{"hourly", "0 * * * * UTC"}, {"nightly", at_three}});
  const auto rows = world.b.list();
  BOOST_REQUIRE(rows.size() == 3u);
  BOOST_TEST(rows[0].schedule.id == "hourly");
  BOOST_TEST((rows[1].schedule == nightly));
  BOOST_TEST((rows[1].seen == now)); // what it would have been due for meanwhile is not made good
  BOOST_TEST((rows[1].last_due == job.due));
  BOOST_TEST(rows[1].paused_by == "ann");
  BOOST_TEST(rows[2].schedule.team == "others");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_paused_schedule_starts_nothing_until_it_is_resumed, B, Backends) {
  World<B> world;
  auto& now = world.cluster.a.now;
  BOOST_TEST(*world.a.pause());
  BOOST_TEST(!*world.b.pause());
  BOOST_TEST((world.b.list().at(0).paused_at == now));
  BOOST_TEST((*world.b.fire(world.b.due(now + 1h)) == FireOutcome::paused));
  now += 50h;
  BOOST_TEST(*world.a.resume());
  BOOST_TEST(!*world.a.resume());
  BOOST_TEST(!world.b.list().at(0).paused_at.has_value());
  BOOST_TEST((*world.b.fire(world.b.due(now - 1h)) == FireOutcome::done)); // let go
  BOOST_TEST((*world.b.fire(world.b.due(now + 1h)) == FireOutcome::started));
  const ScheduleId none{"ops", "none"};
  for (const auto& refused : {world.a.pause(none), world.a.resume(none)}) {
    BOOST_REQUIRE(!refused.ok());
    BOOST_TEST((refused.error().error_class == ErrorClass::invalid_input));
    BOOST_TEST(refused.error().message == "there is no schedule ops/none");
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(no_job_is_started_over_an_unfinished_one_where_that_is_asked_for, B,
                              Backends) {
  World<B> world;
  auto& node = world.cluster.a;
  auto first = world.a.due(node.now + 1h), second = world.a.due(node.now + 2h),
       third = world.a.due(node.now + 3h);
  for (auto* due : {&first, &second, &third}) due->overlap = false;
  BOOST_REQUIRE((*world.a.fire(first) == FireOutcome::started));
  BOOST_TEST((*world.a.fire(second) == FireOutcome::overlapping));
  const auto row = world.b.list().at(0);
  BOOST_TEST((row.seen == second.due));
  BOOST_TEST((row.last_due == first.due));
  BOOST_TEST(row.note == "the job before it, " + to_string(first.job.id) + ", was still running");
  BOOST_REQUIRE((node.append(node.ending(first.job.run, 1)) == ports::AppendOutcome::durable));
  BOOST_TEST((*world.a.fire(third) == FireOutcome::started));
  BOOST_TEST(world.b.list().at(0).note == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_let_go_says_why, B, Backends) {
  World<B> world;
  const auto until = world.cluster.a.now + 5h;
  world.a.let_go(until, "missed");
  world.b.let_go(until - 1h, "later");
  const auto row = world.b.list().at(0);
  BOOST_TEST((row.seen == until));
  BOOST_TEST(row.note == "missed");
  BOOST_TEST(!row.last_due.has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_time_for_which_there_is_no_room_stays_due, B, Backends) {
  World<B> world{1};
  auto& node = world.cluster.a;
  const auto open = node.new_job();
  BOOST_REQUIRE(node.submit(open).ok());
  const auto due = world.a.due(node.now + 1h);
  const auto full = world.a.fire(due);
  BOOST_REQUIRE(!full.ok());
  BOOST_TEST((full.error().error_class == ErrorClass::no_capacity));
  BOOST_REQUIRE((node.append(node.ending(open.run, 1)) == ports::AppendOutcome::durable));
  // the count of open jobs may be a moment old
  BOOST_TEST(support::eventually([&] { return world.a.fire(due).ok(); }));
  BOOST_TEST(node.job(due.job.id).has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_team_with_its_share_of_jobs_waits_while_others_find_room, B,
                              Backends) {
  World<B> world{20};
  auto& node = world.cluster.a;
  const auto due = world.a.due(node.now + 1h);
  while (node.submit(node.new_job(due.job.team)).ok()) {
  }
  BOOST_REQUIRE(!world.a.fire(due).ok());
  BOOST_TEST(node.submit(node.new_job("another")).ok());
}

BOOST_AUTO_TEST_SUITE_END()
