#include "net/http/response_writer.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::http;

namespace {

const auto at = *parse_iso8601("2026-11-20T18:46:51.123Z");

bool has(const std::string& text, const char* words) {
  return text.find(words) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(response_writer)

BOOST_AUTO_TEST_CASE(an_answer_is_a_status_line_headers_and_a_body) {
  Framing framing;
  framing.request_id = "r-1";
  const Response response{201, "{}", "application/json", {{"Location", "/v1/jobs/1"}}};
  BOOST_TEST(write_response(response, framing, at) ==
             "HTTP/1.1 201 Created\r\n"
             "Server: troupe\r\n"
             "Date: Fri, 20 Nov 2026 18:46:51 GMT\r\n"
             "Content-Type: application/json\r\n"
             "Content-Length: 2\r\n"
             "Cache-Control: no-store\r\n"
             "X-Content-Type-Options: nosniff\r\n"
             "X-Request-Id: r-1\r\n"
             "Location: /v1/jobs/1\r\n"
             "\r\n{}");
}

BOOST_AUTO_TEST_CASE(framing_says_what_becomes_of_the_connection_and_the_body) {
  const Response response{200, "hello"};
  Framing framing;
  BOOST_TEST(!has(write_response(response, framing, at), "Connection:"));
  framing.http_1_0 = true;
  BOOST_TEST(has(write_response(response, framing, at), "Connection: keep-alive\r\n"));
  framing.close = true;
  BOOST_TEST(has(write_response(response, framing, at), "Connection: close\r\n"));
  framing.without_body = true;
  const auto head = write_response(response, framing, at);
  BOOST_TEST(has(head, "Content-Length: 5\r\n"));
  BOOST_TEST(head.ends_with("\r\n\r\n"));
  BOOST_TEST(!has(write_response({204, ""}, Framing{}, at), "Content-Length"));
}

BOOST_AUTO_TEST_CASE(a_header_cannot_break_out_of_its_line) {
  const Response response{200, "", "text/plain", {{"Location", "/a\r\nSet-Cookie: b"}}};
  BOOST_TEST(!has(write_response(response, Framing{}, at), "Set-Cookie"));
}

BOOST_AUTO_TEST_CASE(a_problem_says_what_was_wrong) {
  const auto response = problem(404, "there is no job \xff\"x\"");
  BOOST_TEST(response.status == 404);
  BOOST_TEST(response.content_type == "application/problem+json");
  BOOST_TEST(response.body ==
             "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
             "\"detail\":\"there is no job \xef\xbf\xbd\\\"x\\\"\"}");
}

BOOST_AUTO_TEST_SUITE_END()
