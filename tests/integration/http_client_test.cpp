// The HTTP client against servers that say what they like.
#include "net/http/client.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <thread>

#include "tests/support/child_process.hpp"
#include "tests/support/tcp.hpp"

using namespace troupe;
using namespace std::chrono_literals;
using support::TcpConnection;
using support::TcpListener;

namespace {

/// Takes connections one after the other and has each served by the next of `scripts`.
class Scripted {
 public:
  using Script = std::function<void(TcpConnection&)>;
  explicit Scripted(std::vector<Script> scripts)
      : thread_{[this, scripts = std::move(scripts)] {
          for (const auto& script : scripts) {
            auto connection = listener_.accept();
            script(connection);
          }
        }} {}
  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(listener_.port()) + path;
  }

 private:
  TcpListener listener_;
  std::jthread thread_;
};

/// Reads one request without a body, keeps it, answers.
Scripted::Script answer(std::string text, std::string* request = nullptr) {
  return [=](TcpConnection& connection) {
    const auto head = connection.read_until("\r\n\r\n");
    if (request) *request = head;
    connection.send(text);
  };
}

ports::HttpRequest get(std::string url) {
  ports::HttpRequest request;
  request.url = std::move(url);
  return request;
}

std::string header(const ports::HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return {};
}

void expect_error(const Result<ports::HttpResponse>& result, ErrorClass expected,
                  const std::string& words) {
  BOOST_REQUIRE(!result.ok());
  BOOST_TEST_CONTEXT(result.error().message) {
    BOOST_TEST((result.error().error_class == expected));
    BOOST_TEST(result.error().message.find(words) != std::string::npos, words);
    BOOST_TEST(result.error().message.find("secret") == std::string::npos);
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_client)

BOOST_AUTO_TEST_CASE(an_answer_has_status_headers_and_body) {
  std::string request;
  const Scripted server{{answer(
      "HTTP/1.1 418 Teapot\r\nContent-Length: 5\r\nX-Thing:  a b \r\n\r\nhello", &request)}};
  const auto client = http::make_client();
  auto asked = get(server.url("/pot?tea=1"));
  asked.headers = {{"X-Mine", "yes"}, {"X-Empty", ""}};
  const auto response = client->send(asked, {});
  BOOST_REQUIRE(response.ok());
  BOOST_TEST(response->status == 418);
  BOOST_TEST(response->body == "hello");
  BOOST_TEST(!response->truncated);
  BOOST_TEST(header(*response, "x-thing") == "a b");
  BOOST_TEST(request.starts_with("GET /pot?tea=1 HTTP/1.1\r\n"));
  for (const auto* line : {"User-Agent: troupe\r\n", "X-Mine: yes\r\n", "X-Empty:\r\n"})
    BOOST_TEST(request.find(line) != std::string::npos, request);
}

BOOST_AUTO_TEST_CASE(a_body_is_sent_as_it_is) {
  std::string received;
  const Scripted server{{[&](TcpConnection& connection) {
    received = connection.read_until("\r\n\r\n");
    received += connection.read_until("\"end\"}");
    connection.send("HTTP/1.1 204 No Content\r\n\r\n");
  }}};
  auto request = get(server.url());
  request.method = "PUT";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = "{\"a\":\"\xc3\xa9\",\"b\":\"end\"}";
  const auto response = http::make_client()->send(request, {});
  BOOST_REQUIRE(response.ok());
  BOOST_TEST(response->status == 204);
  BOOST_TEST(received.starts_with("PUT / HTTP/1.1\r\n"));
  BOOST_TEST(received.find("Content-Type: application/json\r\n") != std::string::npos);
  BOOST_TEST(received.find("x-www-form-urlencoded") == std::string::npos);
  BOOST_TEST(received.ends_with(request.body));
}

BOOST_AUTO_TEST_CASE(a_long_answer_is_cut_and_says_so) {
  const Scripted server{{answer("HTTP/1.1 200 OK\r\n\r\n" + std::string(100'000, 'x'))}};
  auto request = get(server.url());
  request.body_bytes_max = 1'000;
  const auto response = http::make_client()->send(request, {});
  BOOST_REQUIRE(response.ok());
  BOOST_TEST(response->status == 200);
  BOOST_TEST(response->truncated);
  BOOST_TEST(response->body.size() == 1'000u);
}

BOOST_AUTO_TEST_CASE(an_exchange_ends_at_its_timeout) {
  const Scripted server{{[](TcpConnection& connection) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal");
    connection.read_all(); // until the client gives up
  }}};
  auto request = get(server.url("/slow?key=secret"));
  request.timeout = 150ms;
  const auto start = std::chrono::steady_clock::now();
  const auto response = http::make_client()->send(request, {});
  BOOST_TEST((std::chrono::steady_clock::now() - start < 5s));
  expect_error(response, ErrorClass::timeout, "/slow within 150ms");
}

BOOST_AUTO_TEST_CASE(a_stop_ends_it_at_once) {
  std::stop_source stop;
  std::atomic<std::chrono::steady_clock::time_point> stopped{};
  const Scripted server{{[&](TcpConnection& connection) {
    connection.read_until("\r\n\r\n");
    stopped = std::chrono::steady_clock::now();
    stop.request_stop();
    connection.read_all();
  }}};
  auto request = get(server.url("/"));
  request.timeout = 10min;
  const auto response = http::make_client()->send(request, stop.get_token());
  BOOST_TEST((std::chrono::steady_clock::now() - stopped.load() < 1s));
  expect_error(response, ErrorClass::cancelled, "was stopped");
  expect_error(http::make_client()->send(request, stop.get_token()), ErrorClass::cancelled,
               "was stopped"); // stopped before it began
}

BOOST_AUTO_TEST_CASE(redirects_are_followed_only_when_asked_for) {
  const std::string found =
      "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n"
      "Connection: close\r\n\r\n";
  const std::string there =
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nthere";
  std::string request;
  const Scripted server{{answer(found), answer(found), answer(there, &request)}};
  const auto client = http::make_client();
  auto asked = get(server.url("/here"));
  const auto as_it_is = client->send(asked, {});
  BOOST_REQUIRE(as_it_is.ok());
  BOOST_TEST(as_it_is->status == 302);
  BOOST_TEST(header(*as_it_is, "location") == "/there");
  asked.follow_redirects = true;
  const auto followed = client->send(asked, {});
  BOOST_REQUIRE(followed.ok());
  BOOST_TEST(followed->body == "there");
  BOOST_TEST(header(*followed, "location").empty()); // the headers of the last answer alone
  BOOST_TEST(request.starts_with("GET /there HTTP/1.1"));
}

BOOST_AUTO_TEST_CASE(a_redirect_cannot_leave_http_and_does_not_go_on_for_ever) {
  const auto to = [](const std::string& where) {
    return answer("HTTP/1.1 302 Found\r\nLocation: " + where +
                  "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  };
  const Scripted server{
      {to("file:///etc/passwd"), to("/1"), to("/2"), to("/3"), to("/4"), to("/5"), to("/6")}};
  const auto client = http::make_client();
  auto request = get(server.url());
  request.follow_redirects = true;
  BOOST_TEST(!client->send(request, {}).ok());
  expect_error(client->send(request, {}), ErrorClass::tool_failed, "more than five times");
}

BOOST_AUTO_TEST_CASE(what_goes_wrong_is_said_in_plain_words) {
  const auto client = http::make_client();
  const auto nobody = "127.0.0.1:" + std::to_string(support::free_port());
  expect_error(client->send(get("http://user:secret@" + nobody + "/x?token=secret"), {}),
               ErrorClass::tool_failed,
               "cannot connect to http://" + nobody + "/x: Connection refused");
  expect_error(client->send(get("http://no-such-host.invalid/"), {}), ErrorClass::tool_failed,
               "the name no-such-host.invalid is unknown");
  const std::pair<Scripted::Script, std::string> table[] = {
      {answer(""), "closed the connection without an answer"},
      {answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal"), "broke off before its end"},
      {answer("SSH-2.0-OpenSSH_9.2\r\n"), "answered something that is not HTTP"},
      {[](TcpConnection& connection) { connection.read_until("\r\n\r\n"), connection.reset(); },
       "broke: Connection reset by peer"},
  };
  for (const auto& [script, words] : table) {
    const Scripted server{{script}};
    expect_error(client->send(get(server.url()), {}), ErrorClass::tool_failed, words);
  }
  const Scripted plain{
      {[](TcpConnection& connection) { connection.send("HTTP/1.1 400 Bad Request\r\n\r\n"); }}};
  auto secure = plain.url();
  secure.replace(0, 4, "https");
  expect_error(client->send(get(secure), {}), ErrorClass::tool_failed, "no secure connection");
}

BOOST_AUTO_TEST_CASE(what_is_no_request_is_refused_before_anything_is_sent) {
  const auto client = http::make_client();
  for (const auto* url : {"", "nothing", "ftp://host/x", "file:///etc/passwd", "http://",
                          "gopher://x", "http://a b/", "http://h/\r\nX: y", "javascript:alert(1)"})
    expect_error(client->send(get(url), {}), ErrorClass::invalid_input,
                 "expected http:// or https:// and a host");
  expect_error(client->send(get("ftp://me:secret@host/"), {}), ErrorClass::invalid_input,
               "cannot be asked");
  auto request = get("http://127.0.0.1:1/");
  request.method = "GET /x HTTP/1.1\r\nX:";
  expect_error(client->send(request, {}), ErrorClass::invalid_input, "is not a method");
  request.method = "GET";
  for (const auto& bad : {std::pair{"X", "a\r\nY: b"}, std::pair{"X Y", "a"}, std::pair{"", "a"}}) {
    request.headers = {bad};
    expect_error(client->send(request, {}), ErrorClass::invalid_input, "cannot be sent");
  }
}

BOOST_AUTO_TEST_CASE(a_connection_is_kept_for_the_next_request) {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  const Scripted server{{[&](TcpConnection& connection) { // one connection for both
    for (int i = 0; i < 2; ++i) {
      connection.read_until("\r\n\r\n");
      connection.send(ok);
    }
  }}};
  const auto client = http::make_client();
  for (int i = 0; i < 2; ++i) {
    const auto response = client->send(get(server.url()), {});
    BOOST_REQUIRE(response.ok());
    BOOST_TEST(response->body == "ok");
  }
}

BOOST_AUTO_TEST_CASE(many_threads_may_ask_at_once) {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
  const Scripted server{std::vector<Scripted::Script>(40, answer(ok))};
  const auto client = http::make_client();
  std::atomic<int> answered = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 5; ++i)
          if (const auto response = client->send(get(server.url()), {});
              response.ok() && response->body == "ok")
            ++answered;
      });
  }
  BOOST_TEST(answered == 40);
}

BOOST_AUTO_TEST_SUITE_END()
