// Requests that pass through a second server: real sockets, real servers behind.
#include "net/http/forwarder.hpp"

#include <boost/test/unit_test.hpp>
#include <thread>

#include "tests/integration/http_world.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"

using namespace troupe;
using namespace troupe::test;
using http::Forwarder;
using http::Piece;
using http::Response;
using support::eventually;

namespace {

/// A server that passes everything on to the URLs that the test says.
struct Front {
  explicit Front(std::vector<std::string> behind, http::ForwarderOptions options = {}) {
    options.name = "front";
    options.servers = [behind = std::move(behind)] { return behind; };
    forwarder = std::make_unique<Forwarder>(std::move(options));
    Router router;
    for (const auto* method : {"GET", "POST", "PUT"})
      router.on(method, "/{path...}", [this](Request request, Answer answer) {
        forwarder->forward(std::move(request), std::move(answer));
      });
    ServerOptions server_options;
    server_options.listen = "127.0.0.1:0";
    server = std::move(*Server::start(std::move(server_options), std::move(router)));
  }
  ports::HttpResponse ask(ports::HttpRequest request, const std::string& path) const {
    request.url = server->url() + path;
    request.timeout = 20s;
    request.body_bytes_max = 64'000'000;
    auto response = client->send(request, {});
    BOOST_TEST_REQUIRE(response.ok(), (response.ok() ? "" : response.error().message));
    return *response;
  }
  ports::HttpResponse ask(const std::string& method, const std::string& path,
                          const std::string& body = "") const {
    return ask({method, "", {}, body}, path);
  }

  std::unique_ptr<Forwarder> forwarder;
  std::unique_ptr<Server> server;
  std::unique_ptr<ports::HttpClient> client = http::make_client();
};

std::string nobody() { return "http://127.0.0.1:" + std::to_string(support::free_port()); }

/// Answers `status` to everything, or breaks off when the request is there.
struct Odd {
  explicit Odd(int status, int* asked = nullptr) {
    Router router;
    for (const auto* method : {"GET", "POST"})
      router.on(method, "/{path...}", [this, status, asked](Request, Answer answer) {
        if (asked != nullptr) ++*asked;
        if (status == 0) return kept.keep(std::move(answer));
        answer({status, "odd"});
      });
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    server = std::move(*Server::start(std::move(options), std::move(router)));
  }
  std::string url() const { return server->url(); }
  Kept kept;
  std::unique_ptr<Server> server;
};

} // namespace

BOOST_AUTO_TEST_SUITE(http_forwarder)

BOOST_AUTO_TEST_CASE(requests_and_answers_pass_as_they_came) {
  World world;
  const Front front{{nobody(), world.server->url()}};
  const struct {
    const char *method, *path, *body;
    int status;
    const char* answer;
  } table[] = {
      {"GET", "/hello", "", 200, "hello"},
      {"GET", "/items/a%20b?x=%2F", "", 200, "a b"},
      {"POST", "/echo", "some words", 200, "some words"},
      {"POST", "/echo", "", 200, ""},
      {"GET", "/nowhere", "", 404, "there is nothing at /nowhere"},
      {"PUT", "/hello", "x", 405, "/hello takes GET, HEAD"},
      {"GET", "/throws", "", 500, "failed to answer"},
  };
  for (const auto& row : table) BOOST_TEST_CONTEXT(row.method << " " << row.path) {
      const auto answer = front.ask(row.method, row.path, row.body);
      BOOST_TEST(answer.status == row.status);
      BOOST_TEST(answer.body.find(row.answer) != std::string::npos, answer.body);
      BOOST_TEST(header(answer, "content-type") ==
                 (row.status == 200 ? "application/json" : "application/problem+json"));
    }
  BOOST_TEST(header(front.ask("PUT", "/echo"), "allow") == "POST");
  const auto head = front.ask("HEAD", "/hello");
  BOOST_TEST(head.status == 200);
  BOOST_TEST(head.body.empty());
  BOOST_TEST(header(head, "content-length") == "5");
  const auto large = front.ask("GET", "/large");
  BOOST_TEST((large.body == std::string(2'000'000, 'x')));
  BOOST_TEST(header(large, "content-length") == "2000000");
  auto connection = TcpConnection::to(front.server->port());
  connection.send(get("/nowhere/../hello", "Connection: close\r\n"));
  const auto unchanged = connection.read_all();
  BOOST_TEST(unchanged.find("there is nothing at /nowhere/../hello") != std::string::npos,
             unchanged);
}

BOOST_AUTO_TEST_CASE(
    a_body_that_comes_in_pieces_passes_as_it_comes_and_a_slow_client_holds_it_back) {
  std::mutex mutex;
  std::vector<Piece> asked;
  const auto take = [&] {
    const std::lock_guard lock{mutex};
    auto pieces = std::move(asked);
    asked.clear();
    return pieces;
  };
  Router router;
  router.on("GET", "/stream", [&](Request, Answer answer) {
    Response response;
    response.content_type = "text/event-stream";
    response.pieces = [&](Piece piece) {
      const std::lock_guard lock{mutex};
      asked.push_back(std::move(piece));
    };
    answer(std::move(response));
  });
  ServerOptions options;
  options.listen = "127.0.0.1:0";
  const auto behind = std::move(*Server::start(options, std::move(router)));
  const Front front{{behind->url()}};

  auto connection = TcpConnection::to(front.server->port());
  connection.send(get("/stream"));
  const auto give = [&](std::optional<std::string> text) {
    std::vector<Piece> pieces;
    const bool wanted = eventually([&] { return !(pieces = take()).empty(); }, 2s);
    if (wanted) pieces.front()(std::move(text));
    return wanted;
  };
  BOOST_TEST(give("data: 1\n\n"));
  BOOST_TEST(connection.read_until("data: 1\n\n").find("text/event-stream") != std::string::npos);
  BOOST_TEST(give("data: 2\n\n"));
  connection.read_until("data: 2\n\n"); // before there is a third one

  const std::string megabyte(1 << 20, 'y');
  int given = 0;
  while (given < 100 && give(megabyte)) ++given;
  BOOST_TEST(given < 64); // the sockets' buffers took the rest
  std::jthread reader{[&] { connection.read_until("END"); }};
  BOOST_TEST(eventually([&] { return give("END"); }, 20s));
  reader.join();
  BOOST_TEST(give(std::nullopt));
  connection.read_all();

  {
    auto leaving = TcpConnection::to(front.server->port());
    leaving.send(get("/stream"));
    BOOST_TEST(give("data: 1\n\n"));
    leaving.read_until("data: 1\n\n");
  }
  // Its server is told in the end that nobody listens, and asks for no more.
  BOOST_TEST(eventually(
      [&] {
        const auto pieces = take();
        for (const auto& piece : pieces) piece("data: again\n\n");
        return pieces.empty();
      },
      10s));
}

BOOST_AUTO_TEST_CASE(what_may_be_repeated_goes_to_the_next_server_and_the_rest_does_not) {
  World good;
  int asked = 0;
  Odd busy{503, &asked};
  const auto url = good.server->url();
  BOOST_TEST(Front({busy.url(), url}).ask("GET", "/hello").body == "hello");
  BOOST_TEST(asked == 1);
  BOOST_TEST(Front({busy.url(), url}).ask("POST", "/echo", "x").status == 503);
  BOOST_TEST(
      Front({busy.url(), url}).ask({"POST", "", {{"Idempotency-Key", "k"}}, "x"}, "/echo").body ==
      "x");
  BOOST_TEST(Front({busy.url()}).ask("GET", "/hello").body == "odd"); // there is no other
  BOOST_TEST(asked == 4);
}

BOOST_AUTO_TEST_CASE(a_server_that_dies_with_a_request_is_passed_over_or_its_outcome_is_not_known) {
  World good;
  for (const auto* method : {"GET", "POST"}) {
    auto dying = std::make_unique<Odd>(0);
    const Front front{{dying->url(), good.server->url()}};
    ports::HttpResponse answer;
    std::jthread client{[&] { answer = front.ask(method, "/hello", ""); }};
    BOOST_TEST_REQUIRE(eventually([&] { return dying->kept.count() == 1; }));
    auto held = dying->server.get();
    held->drain(0ms); // closes the connection in the middle
    client.join();
    if (std::string_view{method} == "GET") {
      BOOST_TEST(answer.body == "hello");
    } else {
      BOOST_TEST(answer.status == 502);
      BOOST_TEST(answer.body.find("is not known") != std::string::npos, answer.body);
    }
  }
}

BOOST_AUTO_TEST_CASE(where_no_server_answers_the_client_is_told_why) {
  const auto expect = [](const ports::HttpResponse& answer, int status, const char* words) {
    BOOST_TEST(answer.status == status);
    BOOST_TEST(answer.body.find(words) != std::string::npos, answer.body);
  };
  expect(Front({}).ask("GET", "/hello"), 503, "no orchestrator node is heard of");
  expect(Front({nobody(), nobody()}).ask("POST", "/echo", "x"), 503,
         "no orchestrator can be reached");
  expect(Front({"ftp://x"}).ask("GET", "/hello"), 503, "no orchestrator can be reached");
  Odd mute{0};
  http::ForwarderOptions options;
  options.answer_timeout = 300ms;
  expect(Front({mute.url()}, options).ask("GET", "/hello"), 504, "no orchestrator answered within");
  expect(Front({mute.url()}).ask({"GET", "", {{"Via", "1.1 front"}}, ""}, "/hello"), 508,
         "has come through front before");
}

BOOST_AUTO_TEST_SUITE_END()
