#include "net/http/request_reader.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe::http;
using State = RequestReader::State;

namespace {

constexpr ReaderLimits small{1024, 100};

/// A request of HTTP/1.1 with further headers and a body.
std::string text_of(const std::string& line, const std::string& headers = "",
                    const std::string& body = "") {
  return line + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n" + body;
}

void expect_refusal(const std::string& text, int status) {
  BOOST_TEST_CONTEXT(text.substr(0, 80)) {
    RequestReader whole{small};
    BOOST_REQUIRE((whole.feed(text) == State::failed));
    BOOST_TEST(whole.refusal().status == status);
    BOOST_TEST(whole.refusal().content_type == "application/problem+json");
    RequestReader bytewise{small};
    auto state = State::need_more;
    for (const char byte : text)
      if (state != State::failed) state = bytewise.feed({&byte, 1});
    BOOST_REQUIRE((state == State::failed));
    BOOST_TEST(bytewise.refusal().status == status);
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(request_reader)

BOOST_AUTO_TEST_CASE(a_request_is_read_however_its_bytes_arrive) {
  const auto text =
      text_of("POST /v1/jobs?limit=5", "Content-Length: 5\r\nX-Thing:  a b \r\n", "hello");
  const Fields query{{"limit", "5"}};
  for (std::size_t size = 1; size <= text.size(); ++size) {
    RequestReader reader{small};
    auto state = State::need_more;
    for (std::size_t at = 0; at < text.size(); at += size) {
      BOOST_REQUIRE((state == State::need_more));
      state = reader.feed(std::string_view{text}.substr(at, size));
    }
    BOOST_REQUIRE((state == State::complete));
    BOOST_TEST(reader.keep_alive());
    BOOST_TEST(!reader.head_only());
    const auto request = reader.take();
    BOOST_TEST(request.method == "POST");
    BOOST_TEST(request.path == "/v1/jobs");
    BOOST_TEST((request.query == query));
    BOOST_TEST(request.header("x-thing").value_or("") == "a b");
    BOOST_TEST(request.body == "hello");
  }
}

BOOST_AUTO_TEST_CASE(requests_that_follow_each_other_are_read_one_by_one) {
  RequestReader reader{small};
  auto state = reader.feed(text_of("GET /1") + text_of("POST /2", "Content-Length: 2\r\n", "ab") +
                           "\r\n" + text_of("GET /3") + "GET /4");
  for (const auto* path : {"/1", "/2", "/3"}) {
    BOOST_REQUIRE((state == State::complete));
    BOOST_TEST(reader.take().path == path);
    state = reader.next();
  }
  BOOST_TEST((state == State::need_more));
  BOOST_TEST(reader.started());
}

BOOST_AUTO_TEST_CASE(a_chunked_body_is_put_together_and_its_trailers_are_no_headers) {
  RequestReader reader{small};
  const auto state =
      reader.feed(text_of("POST /", "Transfer-Encoding: chunked\r\n",
                          "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nAuthorization: evil\r\n\r\n"));
  BOOST_REQUIRE((state == State::complete));
  const auto request = reader.take();
  BOOST_TEST(request.body == "abcde");
  BOOST_TEST(!request.header("authorization").has_value());
}

BOOST_AUTO_TEST_CASE(who_asks_first_is_told_once_to_send_the_body) {
  RequestReader reader{small};
  BOOST_TEST((reader.feed(text_of("POST /", "Content-Length: 4\r\nExpect: 100-Continue\r\n")) ==
              State::wants_continue));
  BOOST_TEST((reader.feed("ab") == State::need_more));
  BOOST_TEST((reader.feed("cd") == State::complete));
  BOOST_TEST(reader.take().body == "abcd");
  expect_refusal(text_of("POST /", "Content-Length: 101\r\nExpect: 100-continue\r\n"), 413);
  expect_refusal(text_of("POST /", "Content-Length: 1\r\nExpect: a-miracle\r\n", "a"), 417);
}

BOOST_AUTO_TEST_CASE(what_is_too_large_is_refused_before_it_is_held) {
  expect_refusal(text_of("POST /", "Content-Length: 101\r\n"), 413);
  expect_refusal(text_of("POST /", "Content-Length: 99999999999999999\r\n"), 413);
  expect_refusal(text_of("POST /", "Transfer-Encoding: chunked\r\n",
                         "40\r\n" + std::string(64, 'x') + "\r\n40\r\n" + std::string(64, 'x')),
                 413);
  expect_refusal("GET /" + std::string(2000, 'a'), 431);
  expect_refusal(text_of("GET /", "X: " + std::string(2000, 'a') + "\r\n"), 431);
  expect_refusal(text_of("POST /", "Transfer-Encoding: chunked\r\n", "1;" + std::string(3000, 'a')),
                 431);
}

BOOST_AUTO_TEST_CASE(what_is_not_http_is_refused) {
  const std::pair<std::string, int> table[] = {
      {"\x16\x03\x01\x02", 400}, // TLS
      {"{\"json\":1}\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"GET /\r\n\r\n", 400},
      {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},                       // no Host
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400}, // two
      {text_of("GET *"), 400},
      {text_of("GET /%ff?x=%zz"), 400},
      {text_of("POST /", "Content-Length: 1x\r\n", "a"), 400},
      {text_of("POST /", "Content-Length: -1\r\n"), 400},
      {text_of("POST /", "Content-Length: 1\r\nContent-Length: 2\r\n", "ab"), 400},
      {text_of("POST /", "Transfer-Encoding: chunked\r\n", "zz\r\n"), 400},
      {text_of("POST /", "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
      {text_of("POST /", "Transfer-Encoding: gzip\r\n", "abc"), 501},
  };
  for (const auto& [text, status] : table) expect_refusal(text, status);
}

BOOST_AUTO_TEST_CASE(two_lengths_at_once_are_refused) { // else two readers would disagree
  for (const auto* headers : {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
                              "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"})
    expect_refusal(text_of("POST /", headers, "0\r\n\r\n"), 400);
}

BOOST_AUTO_TEST_CASE(the_client_says_whether_the_connection_stays) {
  const std::tuple<std::string, bool, bool> table[] = {
      {text_of("GET /"), true, false},
      {text_of("GET /", "Connection: close\r\n"), false, false},
      {"GET / HTTP/1.0\r\n\r\n", false, true},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true, true},
  };
  for (const auto& [text, stays, old] : table) {
    RequestReader reader{small};
    BOOST_REQUIRE((reader.feed(text) == State::complete));
    BOOST_TEST(reader.keep_alive() == stays);
    BOOST_TEST(reader.is_http_1_0() == old);
  }
}

BOOST_AUTO_TEST_CASE(an_end_in_the_middle_is_a_fault_and_between_requests_is_none) {
  RequestReader idle{small};
  BOOST_TEST((idle.end() == State::need_more));
  RequestReader half{small};
  half.feed("GET / HT");
  BOOST_TEST((half.end() == State::failed));
  BOOST_TEST(half.refusal().status == 400);
}

BOOST_AUTO_TEST_SUITE_END()
