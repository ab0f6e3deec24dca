// The HTTP server with clients of every kind.

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <thread>

#include "tests/integration/http_world.hpp"
#include "tests/support/eventually.hpp"

using namespace troupe;
using namespace troupe::test;
using support::eventually;

BOOST_AUTO_TEST_SUITE(http_server)

BOOST_AUTO_TEST_CASE(handlers_answer_and_errors_are_problems) {
  const World world;
  const struct {
    const char *method, *path;
    int status;
    const char* body;
  } table[] = {
      {"GET", "/hello", 200, "hello"},
      {"GET", "/items/a%20b", 200, "a b"},
      {"GET", "/twice", 200, "first"},
      {"GET", "/nowhere", 404, "there is nothing at /nowhere"},
      {"GET", "/items/%ff", 400, "percent-encoded"},
      {"DELETE", "/hello", 405, "/hello takes GET, HEAD"},
      {"GET", "/throws", 500, "failed to answer"},
      {"GET", "/drops", 500, "dropped without an answer"},
  };
  for (const auto& row : table) BOOST_TEST_CONTEXT(row.method << " " << row.path) {
      const auto response = world.ask(row.method, row.path);
      BOOST_REQUIRE(response.ok());
      BOOST_TEST(response->status == row.status);
      BOOST_TEST(response->body.find(row.body) != std::string::npos, response->body);
      BOOST_TEST(header(*response, "content-type") ==
                 (row.status == 200 ? "application/json" : "application/problem+json"));
      BOOST_TEST(header(*response, "server") == "troupe");
      BOOST_TEST(!header(*response, "x-request-id").empty());
    }
  BOOST_TEST(header(*world.ask("PUT", "/echo"), "allow") == "POST");
  const auto head = world.ask("HEAD", "/hello");
  BOOST_TEST(head->status == 200);
  BOOST_TEST(head->body.empty());
  BOOST_TEST(header(*head, "content-length") == "5");
}

BOOST_AUTO_TEST_CASE(a_connection_serves_many_requests_until_one_side_closes_it) {
  const World world;
  auto connection = world.connect();
  for (int i = 0; i < 3; ++i) {
    BOOST_REQUIRE(connection.send(get("/hello")));
    BOOST_TEST(status_of(read_answer(connection, "hello")) == 200);
  }
  connection.send(get("/hello", "Connection: close\r\n"));
  const auto last = connection.read_all();
  BOOST_TEST(last.find("Connection: close\r\n") != std::string::npos);
  BOOST_TEST(last.ends_with("hello"));

  auto old = world.connect();
  old.send("GET /hello HTTP/1.0\r\n\r\n");
  BOOST_TEST(old.read_all().ends_with("hello"));
  auto old_and_kept = world.connect();
  for (int i = 0; i < 2; ++i) {
    old_and_kept.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    BOOST_TEST(read_answer(old_and_kept, "hello").find("Connection: keep-alive") !=
               std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_their_order) {
  World world;
  auto connection = world.connect();
  connection.send(get("/later") + get("/items/2") + get("/items/3") +
                  get("/items/4", "Connection: close\r\n"));
  BOOST_REQUIRE(eventually([&] { return world.kept.count() == 1; }));
  std::jthread other{[&] { world.kept.give("first"); }};
  const auto answers = connection.read_all();
  std::size_t at = 0;
  for (const auto* body : {"\r\n\r\nfirst", "\r\n\r\n2", "\r\n\r\n3", "\r\n\r\n4"}) {
    at = answers.find(body, at);
    BOOST_REQUIRE(at != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_body_may_come_in_chunks_and_after_a_word_of_welcome) {
  const World world;
  auto chunked = world.connect();
  chunked.send(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc");
  chunked.send("\r\n2\r\nde\r\n0\r\n\r\n");
  BOOST_TEST(status_of(read_answer(chunked, "abcde")) == 200);

  auto polite = world.connect();
  polite.send(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
      "Expect: 100-continue\r\n\r\n");
  BOOST_TEST(polite.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  polite.send("abc");
  BOOST_TEST(status_of(read_answer(polite, "abc")) == 200);
}

BOOST_AUTO_TEST_CASE(who_stops_sending_still_gets_the_answer) {
  World world;
  auto connection = world.connect();
  connection.send(get("/later"));
  connection.end_sending();
  BOOST_REQUIRE(eventually([&] { return world.kept.count() == 1; }));
  world.kept.give("late but there");
  BOOST_TEST(connection.read_all().ends_with("late but there"));

  auto half = world.connect();
  half.send("GET /hello HTTP/1.1\r\nHos");
  half.end_sending();
  BOOST_TEST(status_of(half.read_all()) == 400);
}

BOOST_AUTO_TEST_CASE(many_clients_are_served_at_once) {
  ServerOptions options;
  options.threads = 2;
  const World world{options};
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 50; ++i) {
          const auto body = std::to_string(t * 1000 + i);
          const auto response = world.ask("POST", "/echo", body);
          if (response.ok() && response->body == body) ++right;
        }
      });
  }
  BOOST_TEST(right == 400);
  BOOST_TEST(world.ask("GET", "/large")->body.size() == 2'000'000u);
}

BOOST_AUTO_TEST_CASE(pages_of_other_sites_are_not_served) {
  const World world;
  auto connection = world.connect();
  connection.send("GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  BOOST_TEST(status_of(connection.read_until("\r\n\r\n")) == 421);
  auto form = world.connect();
  form.send(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n"
      "Content-Length: 2\r\n\r\n{}");
  BOOST_TEST(status_of(form.read_until("\r\n\r\n")) == 403);
}

BOOST_AUTO_TEST_CASE(an_address_that_cannot_be_had_is_named_with_the_remedy) {
  const World world;
  const auto taken = "127.0.0.1:" + std::to_string(world.server->port());
  const std::pair<std::string, std::vector<std::string>> table[] = {
      {taken, {"cannot listen on " + taken, "is in use", "--listen"}},
      {"192.0.2.1:0", {"cannot listen on 192.0.2.1:0", "Cannot assign requested address"}},
      {"example:80", {"expected an IP address or localhost"}},
      {"8420", {"expected ADDRESS:PORT"}},
  };
  for (const auto& [listen, words] : table) {
    ServerOptions options;
    options.listen = listen;
    const auto started = Server::start(options, {});
    BOOST_REQUIRE_MESSAGE(!started.ok(), listen);
    BOOST_TEST((started.error().error_class == ErrorClass::invalid_input));
    for (const auto& word : words)
      BOOST_TEST(started.error().message.find(word) != std::string::npos, started.error().message);
  }
}

BOOST_AUTO_TEST_CASE(ipv6_is_served_where_the_machine_has_it) {
  ServerOptions options;
  options.listen = "[::1]:0";
  Router router;
  router.on("GET", "/hello", [](Request, Answer answer) { answer({200, "hello"}); });
  const auto server = Server::start(options, router);
  std::ifstream interfaces{"/proc/net/if_inet6"};
  std::string first;
  BOOST_REQUIRE(server.ok() == static_cast<bool>(interfaces >> first));
  if (!server.ok()) return;
  BOOST_TEST((*server)->url().starts_with("http://[::1]:"));
  ports::HttpRequest request;
  request.url = (*server)->url() + "/hello";
  BOOST_TEST(http::make_client()->send(request, {})->body == "hello");
}

BOOST_AUTO_TEST_SUITE_END()
