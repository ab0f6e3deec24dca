// One CloudEvent per append.
#include "runtime/supervision/feed.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <set>

#include "runtime/limits.hpp"
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

BOOST_AUTO_TEST_SUITE_END()
