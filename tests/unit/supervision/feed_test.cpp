// One CloudEvent per append.
#include "runtime/supervision/feed.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <set>

#include "runtime/limits.hpp"
#include "runtime/supervision/feed_interest.hpp"
#include "runtime/view_limits.hpp"
#include "tests/unit/supervision/world.hpp"

using namespace troupe;
using namespace troupe::supervision;
namespace json = boost::json;

BOOST_AUTO_TEST_SUITE(feed)

BOOST_AUTO_TEST_CASE(every_append_is_one_event_that_says_where_it_stands_in_the_journal) {
  World world{"{plan: p, steps: [{id: one, agent: a}, {id: two, agent: b}]}"};
  world.complete("one", "1");
  world.complete("two");
  std::set<std::string> ids;
  for (const auto& row : world.journal) {
    const auto event = json::parse(cloud_event(world.run_id, row, "blue", "n1"));
    BOOST_TEST(event.at("specversion") == "1.0");
    BOOST_TEST(event.at("source") == "/troupe/blue/n1");
    BOOST_TEST(event.at("subject").as_string() == to_string(world.run_id));
    BOOST_TEST(event.at("time").as_string() == to_iso8601(row.at));
    BOOST_TEST(event.at("sequence").as_string() == std::to_string(row.seq));
    BOOST_TEST(event.at("data").at("seq").to_number<Seq>() == row.seq);
    BOOST_TEST(event.at("data").at("events").as_array().size() == decode(row.body)->size());
    BOOST_TEST(event.at("data").at("end").as_bool() == (&row == &world.journal.back()));
    BOOST_TEST(ids.insert(std::string{event.at("id").as_string()}).second);
  }
  BOOST_TEST(cloud_event(world.run_id, world.journal[1], "blue", "n1") ==
             cloud_event(world.run_id, world.journal[1], "blue", "n1"));
}

BOOST_AUTO_TEST_CASE(an_append_that_fits_no_message_is_told_by_its_types) {
  const World world{"{plan: p, steps: [{id: one, agent: a}]}"};
  const std::string large(limits::payload_bytes_max, 'x');
  const ports::JournalRow row{
      5, {}, world.now, encode({StepCompleted{"one", 1, JsonText{'"' + large + '"'}}})};
  const std::string text = cloud_event(world.run_id, row, "blue", "n1");
  BOOST_TEST(text.size() < limits::bus_message_bytes_max);
  const auto event = json::parse(text);
  BOOST_TEST(event.at("data").at("types").at(0) == "step.completed");
  BOOST_TEST(!event.at("data").as_object().contains("events"));
}

namespace {

RunId run_number(std::uint64_t n) {
  SeededEntropy entropy{n};
  return entropy.make_id<RunId>(Instant{});
}

} // namespace

BOOST_AUTO_TEST_CASE(who_listens_gets_everything_and_is_asked_after_now_and_then) {
  using namespace std::chrono_literals;
  FeedInterest interest;
  const auto run = run_number(1);
  const Millis t0{5'000};
  BOOST_TEST((interest.decide(run, t0) == FeedSend::asking));
  BOOST_TEST((interest.decide(run, t0) == FeedSend::plainly)); // no answer yet
  interest.heard(run, true);
  BOOST_TEST((interest.decide(run, t0 + 999ms) == FeedSend::plainly));
  BOOST_TEST((interest.decide(run, t0 + 1s) == FeedSend::asking));
}

BOOST_AUTO_TEST_CASE(a_run_to_which_nobody_listens_is_asked_for_once_in_a_while) {
  using namespace std::chrono_literals;
  FeedInterest interest;
  const auto run = run_number(1);
  const Millis t0{5'000};
  BOOST_TEST((interest.decide(run, t0) == FeedSend::asking));
  interest.heard(run, false);
  BOOST_TEST((interest.decide(run, t0 + 1ms) == FeedSend::nothing));
  BOOST_TEST((interest.decide(run, t0 + 999ms) == FeedSend::nothing));
  BOOST_TEST((interest.decide(run, t0 + 1s) == FeedSend::asking));
  interest.heard(run, true); // somebody came
  BOOST_TEST((interest.decide(run, t0 + 1001ms) == FeedSend::plainly));
}

BOOST_AUTO_TEST_CASE(however_many_runs_there_are_few_are_asked_for) {
  using namespace std::chrono_literals;
  FeedInterest interest;
  const Millis t0{5'000};
  unsigned asked = 0;
  for (std::uint64_t n = 0; n < 1'000; ++n)
    asked += interest.decide(run_number(n), t0) == FeedSend::asking;
  BOOST_TEST(asked == limits::feed_asks_per_second);
  BOOST_TEST((interest.decide(run_number(5'000), t0 + 1s) == FeedSend::asking));
}

BOOST_AUTO_TEST_SUITE_END()
