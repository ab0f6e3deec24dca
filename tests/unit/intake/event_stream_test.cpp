#include "runtime/intake/event_stream.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "runtime/intake_limits.hpp"

using namespace troupe;
using namespace troupe::intake;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

constexpr auto none = limits::events_in_hand_max;

/// A stream that is read, with a server that answers as nats-server does.
struct World {
  EventStream stream{"main", 3};
  Millis now{1'000};
  std::string said; // faults that were told

  /// "ask STREAM.INFO.troupe-main-in", "pull 256", "" (nothing).
  std::string next() {
    const auto todo = stream.next(now);
    if (const auto* ask = std::get_if<EventStream::Ask>(&todo))
      return "ask " + ask->subject.substr(std::string{"$JS.API."}.size());
    if (const auto* pull = std::get_if<EventStream::Pull>(&todo))
      return "pull " + json::serialize(json::parse(pull->payload).at("batch"));
    return "";
  }
  void answer(Result<std::string> payload) {
    if (const auto wrong = stream.answered(payload, now)) said += wrong->message + '\n';
  }
  void open() {
    while (next().starts_with("ask")) answer(std::string{R"({"type":"ok"})"});
  }
  ports::BusMessage event(const std::string& payload = "{}") {
    return {"troupe.main.in.ci.ci-1",
            "$JS.ACK.troupe-main-in.orchestrators.1.17.3.1700000000.0",
            {{"Nats-Msg-Id", "x"}},
            payload};
  }
  ports::BusMessage notice(const std::string& status) {
    return {"_INBOX.node-1.events", "", {{"Status", status}}, ""};
  }
};

const std::string no_stream =
    R"({"error":{"code":404,"err_code":10059,"description":"stream not found"}})";
const std::string refused = R"({"error":{"code":400,"err_code":10052,"description":"no"}})";

} // namespace

BOOST_AUTO_TEST_SUITE(event_stream)

BOOST_AUTO_TEST_CASE(a_stream_that_is_not_there_is_made_and_then_read) {
  World world;
  BOOST_TEST(world.next() == "ask STREAM.INFO.troupe-main-in");
  BOOST_TEST(world.next() == ""); // one question at a time
  world.answer(no_stream);
  const auto make = std::get<EventStream::Ask>(world.stream.next(world.now));
  const auto config = json::parse(make.payload);
  BOOST_TEST(make.subject == "$JS.API.STREAM.CREATE.troupe-main-in");
  BOOST_TEST(config.at("subjects").at(0).as_string() == "troupe.main.in.*.*");
  BOOST_TEST(config.at("num_replicas").to_number<int>() == 3);
  BOOST_TEST(config.at("discard").as_string() == "new");
  world.answer(std::string{R"({"type":"ok"})"});
  BOOST_TEST(world.next() == "ask CONSUMER.DURABLE.CREATE.troupe-main-in.orchestrators");
  world.answer(std::string{R"({"type":"ok"})"});
  BOOST_TEST(world.stream.open());
  BOOST_TEST(world.next() == "pull 256");
  BOOST_TEST(world.next() == "");
  BOOST_TEST(world.said == "");
}

BOOST_AUTO_TEST_CASE(a_server_without_jetstream_is_told_of_once_and_asked_again_later) {
  World world;
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(world.next() == "ask STREAM.INFO.troupe-main-in");
    world.answer(make_error(ErrorClass::agent_down, "no responders"));
    BOOST_TEST(world.next() == "");
    world.now += 31s;
  }
  BOOST_TEST(world.said.find("no JetStream") != world.said.npos);
  BOOST_TEST(std::count(world.said.begin(), world.said.end(), '\n') == 1);
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told_of_and_everything_is_looked_at_anew) {
  World world;
  for (const auto& payload : {no_stream, refused}) {
    world.next();
    world.answer(payload);
  }
  BOOST_TEST(world.said.find("\"err_code\":10052") != world.said.npos);
  BOOST_TEST(world.next() == "");
  world.now += 5s;
  BOOST_TEST(world.next() == "ask STREAM.INFO.troupe-main-in");
}

BOOST_AUTO_TEST_CASE(no_more_is_pulled_than_fits_in_hand) {
  World world;
  world.open();
  for (std::size_t i = 0; i < none; ++i) BOOST_REQUIRE(world.stream.came(world.event(), world.now));
  BOOST_TEST(world.stream.in_hand() == none);
  BOOST_TEST(world.next() == "");
  for (std::size_t i = 0; i < none / 2; ++i) world.stream.settled(true, world.now);
  BOOST_TEST(world.next() == "pull 128");
}

BOOST_AUTO_TEST_CASE(an_event_knows_where_it_came_from_and_which_it_is) {
  World world;
  world.open();
  auto message = world.event("{\"a\":1}");
  const auto event = world.stream.came(message, world.now);
  BOOST_REQUIRE(event.has_value());
  BOOST_TEST(event->channel == "ci");
  BOOST_TEST(event->sender == "ci-1");
  BOOST_TEST(event->place == "17-1700000000");
  BOOST_TEST(event->payload == "{\"a\":1}");
  message.reply_to = "$JS.ACK.hub.ABCDEF.troupe-main-in.orchestrators.1.17.3.1700000000.0.tok";
  BOOST_TEST(world.stream.came(message, world.now)->place == "17-1700000000");
}

BOOST_AUTO_TEST_CASE(a_pull_that_is_over_is_followed_by_the_next) {
  World world;
  world.open();
  BOOST_TEST(!world.stream.came(world.notice("408"), world.now).has_value());
  BOOST_TEST(world.next() == "pull 256");
  world.now += 5s; // and its notice is lost
  BOOST_TEST(world.next() == "");
  world.now += 1s;
  BOOST_TEST(world.next() == "pull 256");
}

BOOST_AUTO_TEST_CASE(a_consumer_that_is_gone_is_made_again_without_haste) {
  for (const auto* status : {"409", "503", "404"}) {
    World world;
    world.open();
    world.stream.came(world.notice(status), world.now);
    BOOST_TEST(world.next() == "");
    world.now += 1s;
    BOOST_TEST(world.next() == "ask STREAM.INFO.troupe-main-in");
  }
}

BOOST_AUTO_TEST_CASE(while_postgres_takes_nothing_nothing_is_pulled) {
  World world;
  world.open();
  world.stream.came(world.event(), world.now);
  world.stream.came(world.notice("408"), world.now);
  world.stream.settled(false, world.now);
  BOOST_TEST(world.next() == "");
  world.now += 1s;
  BOOST_TEST(world.next() == "pull 256");
}

BOOST_AUTO_TEST_CASE(
    after_the_link_was_lost_all_is_looked_at_anew_and_a_node_that_ends_pulls_no_more) {
  World world;
  world.open();
  world.stream.link_changed();
  BOOST_TEST(world.next() == "ask STREAM.INFO.troupe-main-in");
  world.stream.link_changed();
  world.stream.stop();
  BOOST_TEST(world.next() == "");
}

BOOST_AUTO_TEST_SUITE_END()
