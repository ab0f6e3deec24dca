#include "net/http/passing.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe::http;

namespace {

std::string names_of(const Fields& headers) {
  std::string names;
  for (const auto& [name, value] : headers) names += name + "=" + value + ";";
  return names;
}

Request asking(std::string method, Fields headers) {
  Request request;
  request.method = std::move(method);
  request.headers = std::move(headers);
  return request;
}

} // namespace

BOOST_AUTO_TEST_SUITE(passing)

BOOST_AUTO_TEST_CASE(what_is_about_one_connection_stays_there) {
  const struct {
    Fields sent;
    const char* passed;
  } table[] = {
      {{{"host", "a"}, {"accept", "b"}, {"content-length", "3"}}, "accept=b;via=1.1 me;"},
      {{{"connection", "keep-alive, X-Mine"}, {"x-mine", "1"}, {"x-other", "2"}},
       "x-other=2;via=1.1 me;"},
      {{{"transfer-encoding", "chunked"},
        {"te", "trailers"},
        {"upgrade", "h2c"},
        {"expect", "100-continue"}},
       "via=1.1 me;"},
      {{{"origin", "http://localhost"}, {"authorization", "Bearer x"}},
       "authorization=Bearer x;via=1.1 me;"},
      {{{"via", "1.1 other"}}, "via=1.1 other;via=1.1 me;"},
  };
  for (const auto& row : table)
    BOOST_TEST(names_of(passed_request_headers(row.sent, "me")) == row.passed);
  BOOST_TEST(names_of(passed_answer_headers({{"server", "troupe"},
                                             {"content-length", "3"},
                                             {"location", "/v1/jobs/1"},
                                             {"keep-alive", "timeout=5"},
                                             {"retry-after", "1"}})) ==
             "location=/v1/jobs/1;retry-after=1;");
}

BOOST_AUTO_TEST_CASE(a_request_that_has_been_here_is_a_loop) {
  BOOST_TEST(!is_loop(asking("GET", {}), "me"));
  BOOST_TEST(!is_loop(asking("GET", {{"via", "1.1 other, 1.1 mean"}}), "me"));
  BOOST_TEST(is_loop(asking("GET", {{"via", "1.1 other ,\t1.1 Me"}}), "me"));
  BOOST_TEST(is_loop(asking("GET", {{"via", "1.1 other"}, {"via", "1.1 me"}}), "me"));
}

BOOST_AUTO_TEST_CASE(what_changes_nothing_or_has_a_key_may_be_repeated) {
  const Fields key{{"idempotency-key", "k"}};
  BOOST_TEST(may_repeat(asking("GET", {})));
  BOOST_TEST(may_repeat(asking("HEAD", {})));
  BOOST_TEST(may_repeat(asking("PUT", {}))); // artifacts: named by what they hold
  BOOST_TEST(!may_repeat(asking("POST", {})));
  BOOST_TEST(may_repeat(asking("POST", key)));
  BOOST_TEST(!may_repeat(asking("DELETE", {})));
}

BOOST_AUTO_TEST_SUITE_END()
