// The HTTP server with what is too slow, too large, too many or no HTTP at all, and at its end.

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "runtime/ids.hpp"
#include "tests/integration/http_world.hpp"
#include "tests/support/eventually.hpp"

using namespace troupe;
using namespace troupe::test;
using support::eventually;

BOOST_AUTO_TEST_SUITE(http_server_limits)

BOOST_AUTO_TEST_CASE(who_dawdles_over_a_request_is_told_so) {
  ServerOptions options;
  options.request_timeout = 150ms;
  const World world{options};
  for (const auto* beginning :
       {"GET", "GET /hello HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf"}) {
    auto connection = world.connect();
    connection.send(beginning);
    BOOST_TEST(status_of(connection.read_all()) == 408);
  }
  auto drip = world.connect(); // a byte now and then does not help
  std::jthread dripping{[&](std::stop_token stop) {
    drip.send("GET /hello HTTP/1.1\r\nX: ");
    eventually([&] { return stop.stop_requested() || !drip.send("a"); });
  }};
  BOOST_TEST(eventually([&] { return world.ask("GET", "/hello")->status == 200; }));
  dripping.request_stop();
  dripping.join();
  BOOST_TEST(status_of(drip.read_all()) == 408);
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_closed_without_a_word) {
  ServerOptions options;
  options.idle_timeout = 100ms;
  const World world{options};
  auto fresh = world.connect();
  BOOST_TEST(fresh.read_all() == "");
  auto used = world.connect();
  used.send(get("/hello"));
  BOOST_TEST(used.read_all().ends_with("hello"));
}

BOOST_AUTO_TEST_CASE(what_is_too_large_is_refused_and_the_client_gets_to_read_it) {
  const World world;
  const std::string mebibyte(1 << 20, 'x');
  auto body = world.connect();
  body.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16777216\r\n\r\n");
  for (int i = 0; i < 16; ++i) body.send(mebibyte); // goes on although the answer is there
  BOOST_TEST(status_of(body.read_all()) == 413);

  auto chunked = world.connect();
  chunked.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 6; ++i) chunked.send("100000\r\n" + mebibyte + "\r\n");
  BOOST_TEST(status_of(chunked.read_all()) == 413);

  auto headers = world.connect();
  headers.send(get("/hello", "X: " + mebibyte + "\r\n"));
  BOOST_TEST(status_of(headers.read_all()) == 431);

  const auto largest = world.ask("POST", "/echo", std::string(limits::http_body_bytes_max, 'y'));
  BOOST_REQUIRE(largest.ok());
  BOOST_TEST(largest->status == 200);
}

BOOST_AUTO_TEST_CASE(garbage_is_answered_or_closed_and_harms_nobody) {
  const World world;
  SeededEntropy entropy{20261120};
  for (int round = 0; round < 200; ++round) {
    std::string bytes = round % 2 == 0 ? "" : get("/hello", "Content-Length: 20\r\n");
    for (std::uint64_t i = 0, count = 1 + entropy.next() % 300; i < count; ++i) {
      const auto at = bytes.empty() ? 0 : entropy.next() % bytes.size();
      if (round % 2 == 0)
        bytes += static_cast<char>(entropy.next());
      else if (i < 5)
        bytes[at] = static_cast<char>(entropy.next());
    }
    auto connection = world.connect();
    connection.send(bytes);
    connection.end_sending();
    const auto answer = connection.read_all();
    BOOST_TEST((answer.empty() || status_of(answer) >= 200), "seed 20261120, round " << round);
  }
  BOOST_TEST(world.ask("GET", "/hello")->status == 200);
}

BOOST_AUTO_TEST_CASE(a_client_that_goes_harms_nobody) {
  World world;
  for (int i = 0; i < 20; ++i) {
    auto connection = world.connect();
    connection.send(get(i % 2 == 0 ? "/later" : "/large"));
    if (i % 2 == 0) BOOST_REQUIRE(eventually([&] { return world.kept.count() == 1; }));
    connection.reset();
    world.kept.give("to nobody");
  }
  BOOST_TEST(world.ask("GET", "/hello")->status == 200);
}

BOOST_AUTO_TEST_CASE(a_handler_that_takes_too_long_is_not_waited_for) {
  ServerOptions options;
  options.answer_timeout = 100ms;
  World world{options};
  const auto response = world.ask("GET", "/later");
  BOOST_REQUIRE(response.ok());
  BOOST_TEST(response->status == 504);
  world.kept.give("too late");
  BOOST_TEST(world.ask("GET", "/hello")->body == "hello");
}

BOOST_AUTO_TEST_CASE(one_connection_too_many_is_told_so) {
  ServerOptions options;
  options.connections_max = 3;
  const World world{options};
  std::vector<TcpConnection> open;
  for (int i = 0; i < 3; ++i) {
    open.push_back(world.connect());
    open.back().send(get("/hello"));
    BOOST_TEST(status_of(read_answer(open.back(), "hello")) == 200);
  }
  auto refused = world.connect();
  const auto answer = refused.read_all();
  BOOST_TEST(status_of(answer) == 503);
  BOOST_TEST(answer.find("Retry-After: 1\r\n") != std::string::npos);
  open.clear();
  BOOST_TEST(eventually([&] {
    auto again = world.connect();
    again.send(get("/hello", "Connection: close\r\n"));
    return status_of(again.read_all()) == 200;
  }));
}

BOOST_AUTO_TEST_CASE(a_drain_lets_what_is_under_way_end) {
  World world;
  auto idle = world.connect();
  idle.send(get("/hello"));
  read_answer(idle, "hello");
  auto busy = world.connect();
  busy.send(get("/later") + get("/hello")); // the second one is not begun any more
  BOOST_REQUIRE(eventually([&] { return world.kept.count() == 1; }));

  std::atomic<bool> drained = false;
  std::jthread drain{[&] {
    world.server->drain(20s);
    drained = true;
  }};
  BOOST_TEST(idle.read_all() == "");
  BOOST_TEST(eventually([&] { return !world.ask("GET", "/hello").ok(); })); // nobody listens
  BOOST_TEST(!drained);
  world.kept.give("the last");
  const auto last = busy.read_all();
  BOOST_TEST(last.find("Connection: close\r\n") != std::string::npos);
  BOOST_TEST(last.ends_with("the last"));
  drain.join();
  BOOST_TEST(drained);
}

BOOST_AUTO_TEST_CASE(a_drain_has_a_bound) {
  World world;
  auto busy = world.connect();
  busy.send(get("/later"));
  BOOST_REQUIRE(eventually([&] { return world.kept.count() == 1; }));
  world.server->drain(50ms);
  BOOST_TEST(busy.read_all() == "");
}

BOOST_AUTO_TEST_CASE(an_answer_that_outlives_its_server_goes_nowhere) {
  World world;
  auto busy = world.connect();
  busy.send(get("/later") + get("/hello"));
  BOOST_REQUIRE(eventually([&] { return world.kept.count() == 1; }));
  world.server.reset();
  BOOST_TEST(busy.read_all() == "");
  world.kept.give("nobody hears this");
  world.kept.drop();
}

BOOST_AUTO_TEST_SUITE_END()
