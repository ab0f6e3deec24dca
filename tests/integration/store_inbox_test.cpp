// The end of a run against news that arrive at the same moment: either the run's last decision has
// seen them, or they are told that the run has ended. Nothing falls in between.
#include <boost/test/unit_test.hpp>

#include "tests/integration/store_world.hpp"

using namespace troupe;
using namespace troupe::integration;

namespace {

ports::AlertBatch firing(Node& node, const std::string& fingerprint) {
  return {"troupe",
          "group",
          {{fingerprint, "firing", "2026-11-20T10:00:00Z", JsonText{"{}"}}},
          node.new_job(),
          node.now};
}

std::string post_by_hand(RunId run, const std::string& id) {
  return "SELECT post_inbox_rows(ARRAY['" + to_string(run) + "'::uuid], '{" + id +
         "}', '{signal}', ARRAY['{}'], ARRAY[now()])";
}

std::future<Result<ports::AlertReceipt>> accept_later(Node& node, const ports::AlertBatch& batch) {
  auto receipt = std::make_shared<std::promise<Result<ports::AlertReceipt>>>();
  node.store->jobs().accept_alerts(batch,
                                   [receipt](auto value) { receipt->set_value(std::move(value)); });
  return receipt->get_future();
}

} // namespace

BOOST_AUTO_TEST_SUITE(store_inbox)

BOOST_AUTO_TEST_CASE(a_post_that_is_being_written_holds_up_the_end_and_is_seen_by_it) {
  const std::pair<const char*, Outcome> table[] = {{"COMMIT", Outcome::inbox_waiting},
                                                   {"ROLLBACK", Outcome::durable}};
  for (const auto& [end, expected] : table) {
    World world;
    const auto run = world.a.start_run();
    world.sql.run("BEGIN;" + post_by_hand(run, "x"));
    auto outcome = world.a.append_later(world.a.ending(run, 1));
    BOOST_REQUIRE(world.waits_for_lock("journal"));
    world.sql.run(end);
    BOOST_TEST((outcome.get() == expected));
    BOOST_TEST(world.appended(run) == (expected == Outcome::durable ? "1" : "0"));
    if (expected == Outcome::durable) continue;
    auto again = world.a.ending(run, 1);
    again.inbox_applied = {"x"};
    BOOST_TEST((world.a.append(again) == Outcome::durable));
  }
}

// The statement has counted the rows it takes before it waits; what it takes is not what came.
BOOST_AUTO_TEST_CASE(taking_one_row_does_not_let_another_pass) {
  World world;
  const auto run = world.a.start_run();
  BOOST_TEST(*world.a.post(run, "seen"));
  world.sql.run("BEGIN;" + post_by_hand(run, "new"));
  auto end = world.a.ending(run, 1);
  end.inbox_applied = {"seen"};
  auto outcome = world.a.append_later(end);
  BOOST_REQUIRE(world.waits_for_lock("journal"));
  world.sql.run("COMMIT");
  BOOST_TEST((outcome.get() == Outcome::inbox_waiting));
  BOOST_TEST(world.a.inbox(run).size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_post_during_an_append_that_takes_a_row_is_counted) {
  World world;
  const auto run = world.a.start_run();
  BOOST_TEST(*world.a.post(run, "x"));
  world.sql.run("BEGIN;" + post_by_hand(run, "y"));
  auto step = world.a.new_append(run, 1);
  step.inbox_applied = {"x"};
  auto outcome = world.a.append_later(step);
  BOOST_REQUIRE(world.waits_for_lock("journal"));
  world.sql.run("COMMIT");
  BOOST_TEST((outcome.get() == Outcome::durable));
  BOOST_TEST(world.sql.value("SELECT inbox_waiting FROM runs") == "1");
  BOOST_TEST((world.a.append(world.a.ending(run, 2)) == Outcome::inbox_waiting));
}

BOOST_AUTO_TEST_CASE(a_post_during_the_end_is_told_that_the_run_has_ended) {
  World world;
  const auto run = world.a.start_run();
  Gate gate{world.url, "journal"};
  auto outcome = world.a.append_later(world.a.ending(run, 1));
  BOOST_REQUIRE(world.waits_for_lock("journal", "advisory"));
  auto posted = std::make_shared<std::promise<Result<bool>>>();
  world.b.store->jobs().post_inbox(run, {"x", "signal", JsonText{"{}"}, world.b.now},
                                   [=](auto value) { posted->set_value(std::move(value)); });
  BOOST_REQUIRE(world.waits_for_lock("intake"));
  gate.open();
  BOOST_TEST((outcome.get() == Outcome::durable));
  const auto answer = posted->get_future().get();
  BOOST_REQUIRE(!answer.ok());
  BOOST_TEST(answer.error().message == "run " + to_string(run) + " has ended");
}

BOOST_AUTO_TEST_CASE(an_alert_during_the_end_starts_another_job) {
  World world;
  const auto first = firing(world.a, "f1");
  BOOST_REQUIRE(world.a.accept(first)->started.has_value());
  const auto run = first.job_if_needed->run;
  auto outcome = [&] {
    Gate gate{world.url, "journal"};
    auto ending = world.a.append_later(world.a.ending(run, 1));
    BOOST_REQUIRE(world.waits_for_lock("journal", "advisory"));
    auto receipt = accept_later(world.b, firing(world.b, "f2"));
    BOOST_REQUIRE(world.waits_for_lock("intake"));
    gate.open();
    const auto told = receipt.get();
    BOOST_REQUIRE(told.ok());
    BOOST_TEST(told->accepted == 1u);
    BOOST_TEST(told->started.has_value());
    BOOST_TEST(told->signalled.empty());
    return ending.get();
  }();
  BOOST_TEST((outcome == Outcome::durable));
  BOOST_TEST(world.a.jobs().size() == 2u);
}

BOOST_AUTO_TEST_CASE(an_alert_that_is_being_signalled_holds_up_the_end) {
  World world;
  const auto first = firing(world.a, "f1");
  BOOST_REQUIRE(world.a.accept(first)->started.has_value());
  const auto run = first.job_if_needed->run;
  Gate gate{world.url, "inbox"};
  auto receipt = accept_later(world.b, firing(world.b, "f2"));
  BOOST_REQUIRE(world.waits_for_lock("intake", "advisory"));
  auto outcome = world.a.append_later(world.a.ending(run, 1));
  BOOST_REQUIRE(world.waits_for_lock("journal"));
  gate.open();
  BOOST_TEST((receipt.get()->signalled == std::vector{run}));
  BOOST_TEST((outcome.get() == Outcome::inbox_waiting));
  BOOST_TEST(world.a.jobs().size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
