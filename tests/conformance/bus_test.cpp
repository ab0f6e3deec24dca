// What every ports::Bus does, whatever stands behind it.
#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>
#include <tuple>

#include "runtime/limits.hpp"
#include "tests/conformance/bus_world.hpp"
#include "tests/support/eventually.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using support::eventually;

using Worlds = std::tuple<MemoryWorld, NatsWorld>;

namespace {

auto subscribe(ports::Bus& bus, const std::string& subject, ports::Bus::Handler handler,
               const std::string& group = "", ports::Headers headers = ports::Headers::dropped) {
  auto subscription = bus.subscribe(subject, group, std::move(handler), headers);
  BOOST_REQUIRE_MESSAGE(subscription.ok(), subject);
  return std::move(*subscription);
}

/// Answers every request with its own payload.
auto subscribe_echo(ports::Bus& bus, const std::string& subject) {
  auto subscription = subscribe(bus, subject, [&bus](ports::BusMessage request) {
    (void)bus.publish(message_to(request.reply_to, request.payload));
  });
  settle(bus);
  return subscription;
}

auto stopwatch() {
  return [start = std::chrono::steady_clock::now()] {
    return std::chrono::steady_clock::now() - start;
  };
}

} // namespace

BOOST_AUTO_TEST_SUITE(bus_conformance)

BOOST_AUTO_TEST_CASE_TEMPLATE(every_subscriber_gets_every_message_in_order, World, Worlds) {
  World world;
  const auto a = world.connect(), b = world.connect();
  Messages of_a, of_b;
  const auto at_a = subscribe(*a, "hb.all", into(of_a)), at_b = subscribe(*b, "hb.all", into(of_b));
  settle(*b);
  for (int i = 0; i < 100; ++i)
    BOOST_REQUIRE(a->publish(message_to("hb.all", std::to_string(i))).ok());
  for (auto* received : {&of_a, &of_b}) {
    const auto messages = received->await(100);
    BOOST_REQUIRE(messages.size() == 100u);
    for (int i = 0; i < 100; ++i)
      BOOST_TEST(messages[static_cast<std::size_t>(i)].payload == std::to_string(i));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_queue_group_gets_each_message_once, World, Worlds) {
  World world;
  const auto a = world.connect(), b = world.connect();
  Messages members, all;
  const auto at_a = subscribe(*a, "tool.probe", into(members), "tools"),
             at_b = subscribe(*b, "tool.probe", into(members), "tools"),
             beside = subscribe(*b, "tool.probe", into(all));
  settle(*a);
  settle(*b);
  for (int i = 0; i < 50; ++i) (void)a->publish(message_to("tool.probe", std::to_string(i)));
  BOOST_TEST(all.await(50).size() == 50u);
  settle(*b); // whatever else there is would be there now
  BOOST_TEST(members.await(50).size() == 50u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(wildcards_stand_for_whole_tokens, World, Worlds) {
  World world;
  const auto bus = world.connect();
  const struct {
    const char *pattern, *subject;
    bool fits;
  } table[] = {
      {"a.b", "a.b", true},      {"a.b", "a.c", false},   {"a.b", "a", false},
      {"a.b", "a.b.c", false},   {"a.*", "a.b", true},    {"a.*", "a.b.c", false},
      {"a.*", "a", false},       {"*.b", "a.b", true},    {"*", "a", true},
      {"*", "a.b", false},       {"a.>", "a.b", true},    {"a.>", "a.b.c.d", true},
      {"a.>", "a", false},       {">", "a.b.c", true},    {"a.*.c", "a.b.c", true},
      {"a.*.c", "a.b.d", false}, {"*.*.>", "a.b", false}, {"*.*.>", "a.b.c", true},
  };
  for (const auto& [pattern, subject, fits] : table) {
    Messages messages;
    const auto subscription = subscribe(*bus, pattern, into(messages));
    (void)bus->publish(message_to(subject, "this one"));
    settle(*bus);
    const auto received = messages.now();
    BOOST_TEST(std::ranges::count(received, "this one", &ports::BusMessage::payload) == fits,
               pattern << " and " << subject);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_request_gets_its_answer_with_any_bytes, World, Worlds) {
  World world;
  const auto a = world.connect(), b = world.connect();
  const std::string bytes{"\0\r\n\xff PING\r\n", 12};
  const auto answers = subscribe(*b, "task.node", [&](ports::BusMessage request) {
    (void)b->publish(message_to(request.reply_to, request.payload + request.payload));
  });
  settle(*b);
  const auto answer = ask(*a, message_to("task.node", bytes));
  BOOST_REQUIRE(answer.ok());
  BOOST_TEST(answer->payload == bytes + bytes);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(headers_come_to_whoever_asks_for_them, World, Worlds) {
  World world;
  const auto a = world.connect(), b = world.connect();
  Messages with, without;
  const auto kept = subscribe(*b, "in.source", into(with), "", ports::Headers::kept),
             dropped = subscribe(*b, "in.source", into(without));
  settle(*b);
  auto message = message_to("in.source", "payload");
  message.headers = {{"Traceparent", "00-ab: c"}, {"troupe-epoch", "7"}};
  BOOST_REQUIRE(a->publish(message).ok());
  auto heard = with.await(1).at(0);
  std::ranges::sort(heard.headers);
  BOOST_TEST((heard.headers == message.headers));
  BOOST_TEST(heard.payload == "payload");
  BOOST_TEST(without.await(1).at(0).headers.empty());
  BOOST_TEST(without.now().at(0).payload == "payload");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_request_that_nobody_hears_fails_at_once, World, Worlds) {
  World world;
  const auto bus = world.connect();
  const auto elapsed = stopwatch();
  const auto answer = ask(*bus, message_to("task.nobody"), 60s);
  BOOST_TEST((elapsed() < 10s));
  BOOST_REQUIRE(!answer.ok());
  BOOST_TEST((answer.error().error_class == ErrorClass::agent_down));
  BOOST_TEST(answer.error().message == "nobody listens on task.nobody");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_late_answer_is_dropped, World, Worlds) {
  World world;
  const auto bus = world.connect();
  Messages requests;
  const auto silent = subscribe(*bus, "task.silent", into(requests));
  settle(*bus);
  Answers answers;
  bus->request(message_to("task.silent"), 30ms, into(answers));
  const auto first = answers.await(1);
  BOOST_REQUIRE(first.size() == 1u);
  BOOST_TEST((first[0].error().error_class == ErrorClass::timeout));
  BOOST_TEST(first[0].error().message == "no answer from task.silent within 30ms");
  (void)bus->publish(message_to(requests.await(1).at(0).reply_to, "too late"));
  settle(*bus);
  BOOST_TEST(answers.now().size() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_thousand_requests_at_once_each_get_their_own_answer, World,
                              Worlds) {
  World world;
  const auto a = world.connect(), b = world.connect();
  const auto echo = subscribe_echo(*b, "echo.>");
  std::atomic<int> right = 0, wrong = 0;
  std::vector<std::jthread> askers;
  for (int t = 0; t < 4; ++t)
    askers.emplace_back([&, t] {
      for (int i = 0; i < 250; ++i) {
        const auto payload = std::to_string(t) + "-" + std::to_string(i);
        a->request(message_to("echo.me", payload), 30s,
                   [&, payload](Result<ports::BusMessage> answer) {
                     ++(answer.ok() && answer->payload == payload ? right : wrong);
                   });
      }
    });
  BOOST_TEST(eventually([&] { return right + wrong == 1000; }));
  BOOST_TEST(right == 1000);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(two_buses_of_one_name_do_not_get_each_others_answers, World, Worlds) {
  World world;
  const auto a = world.connect(), b = world.connect(); // the same inbox prefix, as after a restart
  const auto echo = subscribe_echo(*b, "echo.>");
  for (int i = 0; i < 20; ++i) {
    Answers of_a, of_b;
    a->request(message_to("echo.me", "a"), 10s, into(of_a));
    b->request(message_to("echo.me", "b"), 10s, into(of_b));
    BOOST_TEST(of_a.await(1).at(0)->payload == "a");
    BOOST_TEST(of_b.await(1).at(0)->payload == "b");
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_reply_may_ask_again_and_never_runs_inside_the_request, World,
                              Worlds) {
  World world;
  const auto bus = world.connect();
  const auto echo = subscribe_echo(*bus, "echo.>");
  std::mutex held; // by the caller, as an actor's own state would be
  Answers answers;
  ports::Bus::Reply again = [&](Result<ports::BusMessage> answer) {
    const std::lock_guard lock{held};
    const bool more = answer.ok() && answer->payload.size() < 5;
    answers.add(answer);
    if (more) bus->request(message_to("echo.me", answer->payload + "x"), 10s, again);
  };
  {
    const std::lock_guard lock{held};
    bus->request(message_to("echo.me", ""), 10s, again);
    bus->request(message_to("not a subject"), 10s, again);
  }
  BOOST_TEST(answers.await(7).size() == 7u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_too_large_is_refused_and_the_rest_goes_through, World,
                              Worlds) {
  World world;
  const auto bus = world.connect();
  Messages messages;
  const auto all = subscribe(*bus, "big.*", into(messages));
  auto largest = message_to("big.one", std::string(limits::bus_message_bytes_max, 'x'));
  BOOST_TEST(bus->publish(largest).ok());
  auto larger = largest;
  larger.payload += 'x';
  BOOST_TEST((bus->publish(larger).error().error_class == ErrorClass::invalid_input));
  BOOST_TEST((ask(*bus, larger).error().error_class == ErrorClass::invalid_input));
  larger = largest;
  larger.headers = {{"a", "b"}}; // counts too: the server closes the connection otherwise
  BOOST_TEST((bus->publish(larger).error().error_class == ErrorClass::invalid_input));
  settle(*bus);
  BOOST_TEST(bus->up());
  BOOST_TEST(messages.await(1).size() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_would_break_the_protocol_is_refused, World, Worlds) {
  World world;
  const auto bus = world.connect();
  for (const auto* subject : {"", "a b", "a..b", ".a", "a.", "a.*", ">", "a\r\nPUB x", "\xc3\xa9"})
    BOOST_TEST((bus->publish(message_to(subject)).error().error_class == ErrorClass::invalid_input),
               subject);
  for (const auto* subject : {"", "a b", "a.>.b", "a.b*", "a.", "a\nb"})
    BOOST_TEST(!bus->subscribe(subject, "", [](auto) {}).ok(), subject);
  BOOST_TEST(!bus->subscribe("a", "two words", [](auto) {}).ok());
  const std::pair<std::string, std::string> headers[] = {
      {"", "x"}, {"a:b", "x"}, {"a b", "x"}, {"a", "x\r\nb: y"}, {"a", " x"}, {"a", ""}};
  for (const auto& header : headers) {
    auto message = message_to("a");
    message.headers = {header};
    BOOST_TEST(!bus->publish(message).ok(), header.first + ":" + header.second);
  }
  settle(*bus);
  BOOST_TEST(bus->up());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_ended_subscription_hears_nothing_more, World, Worlds) {
  World world;
  const auto bus = world.connect();
  std::atomic<bool> ended = false;
  std::atomic<int> heard = 0, heard_after_end = 0;
  auto subscription = subscribe(*bus, "evt.run", [&](ports::BusMessage) {
    ++heard;
    if (ended) ++heard_after_end;
  });
  std::jthread publisher{[&](std::stop_token stop) {
    while (!stop.stop_requested()) (void)bus->publish(message_to("evt.run"));
  }};
  BOOST_TEST(eventually([&] { return heard > 10; }));
  subscription.reset();
  ended = true;
  publisher = {};
  settle(*bus);
  BOOST_TEST(heard_after_end == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_handler_may_end_its_own_subscription, World, Worlds) {
  World world;
  const auto bus = world.connect();
  std::unique_ptr<ports::BusSubscription> subscription;
  Messages messages;
  std::mutex assigned;
  {
    const std::lock_guard lock{assigned};
    subscription = subscribe(*bus, "evt.once", [&](ports::BusMessage message) {
      const std::lock_guard until{assigned};
      messages.add(std::move(message));
      subscription.reset();
    });
  }
  settle(*bus);
  for (int i = 0; i < 3; ++i) (void)bus->publish(message_to("evt.once"));
  BOOST_TEST(messages.await(1).size() == 1u);
  settle(*bus);
  BOOST_TEST(messages.now().size() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(without_a_link_nothing_is_sent_or_kept, World, Worlds) {
  World world;
  const auto bus = world.connect();
  Collected<bool> links;
  bus->on_link([&](bool up) { links.add(up); });
  Messages messages;
  const auto all = subscribe(*bus, "work.*", into(messages));
  settle(*bus);
  BOOST_TEST(bus->up());

  world.cut();
  BOOST_REQUIRE(links.await(1) == std::vector<bool>{false});
  BOOST_TEST(!bus->up());
  for (int i = 0; i < 20; ++i) {
    const auto published = bus->publish(message_to("work.publish", "during the outage"));
    BOOST_REQUIRE(!published.ok());
    BOOST_TEST((published.error().error_class == ErrorClass::no_capacity));
  }
  const auto elapsed = stopwatch();
  const auto answer = ask(*bus, message_to("work.request", "during the outage"), 60s);
  BOOST_TEST((elapsed() < 10s));
  BOOST_TEST((answer.error().error_class == ErrorClass::no_capacity));
  const auto meanwhile = subscribe(*bus, "later.*", into(messages));

  world.restore();
  BOOST_REQUIRE((links.await(2) == std::vector<bool>{false, true}));
  BOOST_TEST(bus->up());
  BOOST_TEST(bus->publish(message_to("work.again", "after")).ok());
  BOOST_TEST(bus->publish(message_to("later.too", "after")).ok());
  const auto received = messages.await(2);
  BOOST_REQUIRE(received.size() == 2u);
  for (const auto& message : received) BOOST_TEST(message.payload == "after");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_request_under_way_when_the_link_is_lost_ends_at_once, World,
                              Worlds) {
  World world;
  const auto bus = world.connect();
  Messages requests;
  const auto silent = subscribe(*bus, "task.silent", into(requests));
  settle(*bus);
  Answers answers;
  for (int i = 0; i < 10; ++i) bus->request(message_to("task.silent"), 10min, into(answers));
  BOOST_REQUIRE(requests.await(10).size() == 10u);
  world.cut();
  const auto ended = answers.await(10);
  BOOST_REQUIRE(ended.size() == 10u);
  for (const auto& answer : ended) {
    BOOST_TEST((answer.error().error_class == ErrorClass::timeout));
    BOOST_TEST(answer.error().message.find("whether it arrived is unknown") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_bus_that_goes_ends_its_requests_and_then_is_silent, World, Worlds) {
  World world;
  const auto other = world.connect();
  auto bus = world.connect();
  std::atomic<bool> gone = false;
  std::atomic<int> ended = 0, too_late = 0;
  const auto note = [&](auto&&...) {
    ++ended;
    if (gone) ++too_late;
  };
  const auto subscription = subscribe(*bus, "task.mine", note); // outlives the bus
  const auto elsewhere = subscribe(*other, "task.silent", [](auto) {});
  settle(*other);
  settle(*bus);
  for (int i = 0; i < 100; ++i) bus->request(message_to("task.silent"), 10min, note);
  bus.reset();
  gone = true;
  BOOST_TEST(ended == 100);
  for (int i = 0; i < 100; ++i) (void)other->publish(message_to("task.mine"));
  settle(*other);
  BOOST_TEST(too_late == 0);
  BOOST_TEST(ended == 100);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_a_bus_said_before_it_went_is_heard, World, Worlds) {
  World world;
  const auto other = world.connect();
  Messages messages;
  const auto all = subscribe(*other, "hb.all", into(messages));
  settle(*other);
  auto bus = world.connect();
  for (int i = 0; i < 1000; ++i) BOOST_REQUIRE(bus->publish(message_to("hb.all")).ok());
  bus.reset();
  BOOST_TEST(messages.await(1000).size() == 1000u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_handler_that_throws_harms_nobody, World, Worlds) {
  World world;
  const auto bus = world.connect();
  Messages messages;
  const auto bad =
      subscribe(*bus, "evt.bad", [](ports::BusMessage) { throw std::runtime_error{"a bad day"}; });
  const auto good = subscribe(*bus, "evt.*", into(messages));
  settle(*bus);
  for (int i = 0; i < 3; ++i) (void)bus->publish(message_to("evt.bad"));
  BOOST_TEST(messages.await(3).size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
