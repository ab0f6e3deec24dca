// Schedules of a node: what is due is started once, whoever was away meanwhile.
#include <boost/test/unit_test.hpp>
#include <future>

#include "actors/protocol.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/store_calls.hpp"
#include "tests/unit/actors/cluster.hpp"

using namespace troupe;
using namespace troupe::actors;
using namespace std::chrono_literals;
using support::ask;

namespace {

config::Schedule hourly() {
  config::Schedule made;
  made.id = "hourly";
  made.expression = "@hourly";
  made.cron = *intake::Cron::parse(made.expression, made.zone);
  made.plan = "child";
  made.inputs = {JsonText{R"({"entry":"${{ schedule.id }}"})"}};
  return made;
}

/// A cluster that was down since `ago`, when its schedule was declared.
struct World {
  explicit World(Millis ago) {
    cluster.orchestrator.reset();
    cluster.schedules = {hourly()};
    const auto then = SystemClock{}.now() - ago;
    (void)*ask<Unit>([&](auto done) {
      cluster.store.schedules().declare("test", {{"hourly", hourly().timing()}}, then, done);
    });
    cluster.start_orchestrator("orchestrator-2");
  }
  std::vector<ports::JobRow> jobs() {
    return *ask<std::vector<ports::JobRow>>(
        [&](auto done) { cluster.store.jobs().list_jobs({}, done); });
  }
  ports::Operations& operations() { return *cluster.orchestrator->node->operations(); }
  std::string shown() {
    return ask<JsonText>([&](auto done) { operations().schedule({"test", "hourly"}, done); })->text;
  }

  Cluster cluster;
};

} // namespace

BOOST_AUTO_TEST_SUITE(scheduler)

BOOST_AUTO_TEST_CASE(what_was_due_while_all_nodes_were_down_is_started_once) {
  World world{150min};
  BOOST_REQUIRE(support::eventually([&] { return world.jobs().size() == 1; }));
  const auto job = world.jobs().front();
  BOOST_TEST(job.source == "schedule");
  BOOST_TEST(world.cluster.finishes(job.runs.front()));
  BOOST_TEST(world.cluster.ledger->count("hourly") == 1);
  BOOST_TEST(world.shown().find("\"last_job\":\"" + to_string(job.id)) != std::string::npos);

  world.cluster.start_orchestrator("orchestrator-3");
  caf::anon_send(world.cluster.find("scheduler"),
                 InjectFault{}); // it comes up, looks, and has nothing to do
  BOOST_REQUIRE(
      support::eventually([&] { return static_cast<bool>(world.cluster.find("scheduler")); }));
  BOOST_TEST(support::eventually(
      [&] { return world.shown().find("\"declared\":true") != std::string::npos; }));
  BOOST_TEST(world.jobs().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_schedule_is_paused_resumed_and_run_by_hand) {
  World world{0ms};
  const auto pause = [&](bool yes) {
    return *ask<std::optional<bool>>([&](auto done) {
      world.operations().pause_schedule({"test", "hourly"}, yes, "ann", done);
    });
  };
  BOOST_REQUIRE(support::eventually(
      [&] { return world.shown().find("\"declared\":true") != std::string::npos; }));
  BOOST_TEST((pause(true) == true));
  BOOST_TEST((pause(true) == false));
  BOOST_TEST(world.shown().find("\"paused_by\":\"ann\"") != std::string::npos);
  const auto run = [&](const std::string& key) {
    return *ask<std::optional<ports::Submitted>>([&](auto done) {
      world.operations().run_schedule({"test", "hourly"}, key, done);
    });
  };
  const auto first = run("mine");
  BOOST_REQUIRE(first.has_value());
  BOOST_TEST(!first->duplicate);
  BOOST_TEST(run("mine")->duplicate);
  BOOST_TEST(world.cluster.finishes(first->run));
  BOOST_TEST((pause(false) == true));
  const auto none = *ask<std::optional<bool>>([&](auto done) {
    world.operations().pause_schedule({"test", "none"}, true, "ann", done);
  });
  BOOST_TEST(!none.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
