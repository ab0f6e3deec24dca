// The bus with a real nats-server in its bad moments.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <thread>

#include "net/bus/limits.hpp"
#include "tests/conformance/bus_world.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/tcp.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using support::eventually;
using support::NatsServer;

namespace {

bus::NatsOptions options_for(const std::string& url) {
  bus::NatsOptions options;
  options.url = url;
  options.connect_timeout = 1s;
  return options;
}

BusHandle connected(const bus::NatsOptions& options) {
  auto bus = bus::connect(options);
  BOOST_REQUIRE_MESSAGE(bus.ok(), (bus.ok() ? "" : bus.error().message));
  return std::move(*bus);
}

void expect_refusal(const bus::NatsOptions& options, ErrorClass expected,
                    std::initializer_list<const char*> words) {
  const auto bus = bus::connect(options);
  BOOST_REQUIRE_MESSAGE(!bus.ok(), options.url);
  BOOST_TEST_CONTEXT(bus.error().message) {
    BOOST_TEST((bus.error().error_class == expected));
    for (const auto* word : words)
      BOOST_TEST(bus.error().message.find(word) != std::string::npos, word);
    BOOST_TEST(bus.error().message.find("secret") == std::string::npos);
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(nats_bus)

BOOST_AUTO_TEST_CASE(a_server_that_cannot_be_reached_is_named_with_cause_and_remedy) {
  const auto nobody = "nats://127.0.0.1:" + std::to_string(support::free_port());
  expect_refusal(options_for(nobody), ErrorClass::no_capacity,
                 {nobody.c_str(), "Connection refused", "start nats-server there or set nats_url"});
  expect_refusal(options_for("nats://no-such-host.invalid:4222"), ErrorClass::no_capacity,
                 {"no-such-host.invalid", "cannot be resolved"});
  const support::TcpListener silent;
  expect_refusal(options_for("nats://127.0.0.1:" + std::to_string(silent.port())),
                 ErrorClass::no_capacity, {"something answers there, but not as a nats-server"});
  expect_refusal(options_for("http://127.0.0.1:4222"), ErrorClass::invalid_input,
                 {"expected nats:// or tls://"});
  auto bad_prefix = options_for(nobody);
  bad_prefix.inbox_prefix = "_INBOX.my node";
  expect_refusal(bad_prefix, ErrorClass::invalid_input, {"inbox prefix"});
}

BOOST_AUTO_TEST_CASE(a_server_that_refuses_the_password_is_no_outage) {
  const NatsServer server{"authorization { user: troupe, password: right }"};
  const auto at = [&](const std::string& user) {
    return "nats://" + user + "127.0.0.1:" + std::to_string(server.port());
  };
  expect_refusal(options_for(at("")), ErrorClass::denied, {"refused us", "user:password@host"});
  expect_refusal(options_for(at("troupe:secret@")), ErrorClass::denied, {"refused us"});
  const auto bus = connected(options_for(at("troupe:right@")));
  settle(*bus);
}

BOOST_AUTO_TEST_CASE(nothing_published_before_a_restart_arrives_after_it) {
  NatsServer server;
  const NatsServer beside;
  const auto publisher = connected(options_for(server.url())),
             subscriber = connected(options_for(server.url())),
             bystander = connected(options_for(beside.url()));
  Collected<bool> publisher_links, subscriber_links;
  publisher->on_link([&](bool up) { publisher_links.add(up); });
  subscriber->on_link([&](bool up) { subscriber_links.add(up); });
  Messages messages;
  const auto all = subscriber->subscribe("storm", "", into(messages));
  settle(*subscriber);

  std::atomic<long> number = 0;
  const auto storm = [&] {
    return std::jthread{[&](std::stop_token stop) {
      while (!stop.stop_requested())
        (void)publisher->publish(message_to("storm", std::to_string(++number)));
    }};
  };
  struct Restart {
    std::size_t received; // before it
    long published;       // whatever has this number or less must not come after it
  };
  std::vector<Restart> restarts;
  for (std::size_t round = 1; round <= 5; ++round) {
    auto publishing = storm();
    messages.await(messages.now().size() + 100);
    server.kill();
    BOOST_REQUIRE(publisher_links.await(2 * round - 1).size() == 2 * round - 1);
    BOOST_REQUIRE(subscriber_links.await(2 * round - 1).size() == 2 * round - 1);
    const long refused_from = number;
    BOOST_REQUIRE(eventually([&] { return number > refused_from + 100; }));
    publishing = {};
    settle(*bystander); // one thread delivers for all: what had arrived is in `messages`
    restarts.push_back({messages.now().size(), number});
    server.start();
    BOOST_REQUIRE(publisher_links.await(2 * round).size() == 2 * round);
    BOOST_REQUIRE(subscriber_links.await(2 * round).size() == 2 * round);
  }
  const auto publishing = storm();
  messages.await(messages.now().size() + 100);

  const auto received = messages.now();
  for (const auto& restart : restarts) {
    BOOST_REQUIRE(received.size() > restart.received);
    for (std::size_t i = restart.received; i < received.size(); ++i)
      BOOST_REQUIRE(std::stol(received[i].payload) > restart.published);
  }
}

BOOST_AUTO_TEST_CASE(a_server_that_hangs_is_given_up_and_found_again) {
  NatsServer server;
  auto options = options_for(server.url());
  options.ping_interval = 100ms;
  options.connect_timeout = 300ms;
  const auto bus = connected(options);
  Collected<bool> links;
  bus->on_link([&](bool up) { links.add(up); });
  Messages requests;
  const auto silent = bus->subscribe("task.silent", "", into(requests));
  settle(*bus);
  Answers answers;
  bus->request(message_to("task.silent"), 10min, into(answers));
  BOOST_REQUIRE(requests.await(1).size() == 1u);

  server.pause();
  BOOST_REQUIRE(links.await(1) == std::vector<bool>{false});
  BOOST_TEST((answers.await(1).at(0).error().error_class == ErrorClass::timeout));
  BOOST_TEST((ask(*bus, message_to("task.silent")).error().error_class == ErrorClass::no_capacity));
  server.resume();
  BOOST_REQUIRE((links.await(2) == std::vector<bool>{false, true}));
  settle(*bus);
  BOOST_TEST(requests.now().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_server_that_stops_reading_costs_at_most_the_write_deadline) {
  NatsServer server;
  auto options = options_for(server.url());
  options.ping_interval = 1h; // so that writing alone can notice
  options.write_deadline = 200ms;
  options.connect_timeout = 300ms;
  const auto bus = connected(options);
  Collected<bool> links;
  bus->on_link([&](bool up) { links.add(up); });
  server.pause();
  const auto large = message_to("big", std::string(limits::bus_message_bytes_max, 'x'));
  auto slowest = 0ms;
  bool refused = false;
  for (int i = 0; i < 1000 && !refused; ++i) {
    const auto start = std::chrono::steady_clock::now();
    refused = !bus->publish(large).ok();
    slowest = std::max(
        slowest, std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start));
  }
  BOOST_TEST(refused);
  BOOST_TEST(slowest.count() < 5'000);
  BOOST_TEST(links.await(1) == std::vector<bool>{false});
  server.resume();
  BOOST_REQUIRE((links.await(2) == std::vector<bool>{false, true}));
  settle(*bus);
}

BOOST_AUTO_TEST_CASE(what_a_server_does_not_read_is_bounded_and_what_was_taken_still_arrives) {
  NatsServer server;
  auto options = options_for(server.url());
  options.ping_interval = options.write_deadline = 1h; // the link stays
  const auto bus = connected(options);
  Messages messages;
  const auto all = bus->subscribe("big", "", into(messages));
  settle(*bus);
  server.pause();
  const auto large = message_to("big", std::string(limits::bus_message_bytes_max, 'x'));
  std::size_t taken = 0;
  auto published = bus->publish(large);
  for (; published && taken < 1000; ++taken) published = bus->publish(large);
  BOOST_REQUIRE(!published);
  BOOST_TEST((published.error().error_class == ErrorClass::no_capacity));
  BOOST_TEST(published.error().message.find("does not read as fast") != std::string::npos,
             published.error().message);
  BOOST_TEST(taken * limits::bus_message_bytes_max >= limits::bus_unwritten_bytes_max);
  BOOST_TEST(bus->up());
  server.resume();
  BOOST_TEST(messages.await(taken).size() == taken);
  settle(*bus);
}

BOOST_AUTO_TEST_CASE(every_request_of_a_storm_ends_soon_after_the_link_is_lost) {
  NatsServer server;
  const auto bus = connected(options_for(server.url()));
  const auto silent = bus->subscribe("task.silent", "", [](auto) {});
  settle(*bus);
  std::atomic<long> asked = 0, ended = 0;
  const auto storm = [&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      if (asked - ended > 1000) {
        std::this_thread::yield(); // the server has the same cores
        continue;
      }
      ++asked;
      bus->request(message_to("task.silent"), 10min, [&](auto) { ++ended; });
    }
  };
  for (int round = 0; round < 5; ++round) {
    const long before = asked;
    std::vector<std::jthread> askers;
    for (int i = 0; i < 3; ++i) askers.emplace_back(storm);
    BOOST_REQUIRE(eventually([&] { return asked > before + 500; }));
    server.kill();
    BOOST_REQUIRE(eventually([&] { return !bus->up(); }));
    const long refused_from = asked;
    BOOST_REQUIRE(eventually([&] { return asked > refused_from + 500; }));
    askers.clear();
    BOOST_REQUIRE_MESSAGE(eventually([&] { return ended == asked; }), asked - ended);
    server.start();
    BOOST_REQUIRE(eventually([&] { return bus->up(); }));
  }
}

BOOST_AUTO_TEST_CASE(a_server_with_a_smaller_limit_is_respected) {
  const NatsServer server{"max_payload: 1000"};
  const auto bus = connected(options_for(server.url()));
  BOOST_TEST(bus->publish(message_to("a", std::string(1000, 'x'))).ok());
  const auto refused = bus->publish(message_to("a", std::string(1001, 'x')));
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().message ==
             "the message to a has 1001 bytes, the bus carries 1000: send a large content as an "
             "artifact");
  settle(*bus);
}

BOOST_AUTO_TEST_CASE(tls_is_not_silently_plain) {
  const support::TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  const auto make =
      "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext "
      "subjectAltName=IP:127.0.0.1 -keyout " +
      path("key.pem") + " -out " + path("cert.pem") + " 2>/dev/null";
  BOOST_REQUIRE_MESSAGE(std::system(make.c_str()) == 0, "openssl must be installed");
  const NatsServer plain;
  auto options = options_for("tls://127.0.0.1:" + std::to_string(plain.port()));
  expect_refusal(options, ErrorClass::denied, {"no encrypted connection"});

  const NatsServer server{"tls { cert_file: \"" + path("cert.pem") + "\", key_file: \"" +
                          path("key.pem") + "\" }"};
  expect_refusal(options_for(server.url()), ErrorClass::denied, {"no encrypted connection"});
  options.url = "tls://127.0.0.1:" + std::to_string(server.port());
  expect_refusal(options, ErrorClass::denied, {"no encrypted connection"}); // an unknown authority
  options.ca_file = path("cert.pem");
  const auto bus = connected(options);
  settle(*bus);

  // More than one TLS record for each message, in both directions at once.
  const auto echo = bus->subscribe("echo", "", [&](ports::BusMessage request) {
    (void)bus->publish(message_to(request.reply_to, std::move(request.payload)));
  });
  settle(*bus);
  std::atomic<int> right = 0, wrong = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string payload(static_cast<std::size_t>(i) * 1000, static_cast<char>('a' + i % 26));
    bus->request(message_to("echo", payload), 30s, [&, payload](Result<ports::BusMessage> answer) {
      ++(answer && answer->payload == payload ? right : wrong);
    });
  }
  BOOST_TEST(eventually([&] { return right + wrong == 100; }));
  BOOST_TEST(right == 100);
}

BOOST_AUTO_TEST_SUITE_END()
