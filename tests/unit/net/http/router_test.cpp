#include "net/http/router.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe::http;

namespace {

Router sample() {
  Router router;
  const Handler nothing = [](Request, Answer) {};
  router.on("GET", "/", nothing)
      .on("GET", "/v1/jobs", nothing)
      .on("POST", "/v1/jobs", nothing)
      .on("GET", "/v1/jobs/{id}", nothing)
      .on("GET", "/v1/jobs/latest", nothing)
      .on("POST", "/v1/runs/{id}/signals/{name}", nothing)
      .on("POST", "/v1/runs/{id}/approvals/{step...}", nothing);
  return router;
}

} // namespace

BOOST_AUTO_TEST_SUITE(router)

BOOST_AUTO_TEST_CASE(a_request_finds_the_route_of_its_method_and_path) {
  const auto router = sample();
  const struct {
    const char *method, *path;
    int status;
    const char* pattern;
  } table[] = {
      {"GET", "/", 200, "/"},
      {"GET", "/v1/jobs", 200, "/v1/jobs"},
      {"POST", "/v1/jobs", 200, "/v1/jobs"},
      {"HEAD", "/v1/jobs", 200, "/v1/jobs"},
      {"GET", "/v1/jobs/7", 200, "/v1/jobs/{id}"},
      {"GET", "/v1/jobs/latest", 200, "/v1/jobs/latest"}, // spelled out wins
      {"GET", "/v1/jobs/", 404, ""},                      // no empty value
      {"GET", "/v1/jobs/7/", 404, ""},
      {"GET", "/v1", 404, ""},
      {"GET", "/V1/jobs", 404, ""},
      {"GET", "//v1/jobs", 404, ""},
      {"POST", "/v1/runs/1/approvals/a/b", 200, "/v1/runs/{id}/approvals/{step...}"},
      {"POST", "/v1/runs/1/approvals", 404, ""},
      {"POST", "/v1/runs/1/approvals/", 404, ""},
      {"DELETE", "/v1/jobs", 405, "/v1/jobs"},
      {"HEAD", "/v1/runs/1/signals/go", 405, "/v1/runs/{id}/signals/{name}"},
      {"get", "/v1/jobs", 405, "/v1/jobs"}, // methods have one spelling
      {"GET", "/v1/jobs/%zz", 400, ""},
      {"GET", "/v1/jobs/%ff", 400, ""}, // not UTF-8
      {"GET", "/v1/jobs/a%00b", 400, ""},
  };
  for (const auto& row : table) {
    BOOST_TEST_CONTEXT(row.method << " " << row.path) {
      const auto match = router.find(row.method, row.path);
      BOOST_TEST(match.status == row.status);
      BOOST_TEST(match.pattern == row.pattern);
      BOOST_TEST((match.handler != nullptr) == (row.status == 200));
    }
  }
}

BOOST_AUTO_TEST_CASE(values_of_the_path_are_decoded_after_it_is_split) {
  const auto router = sample();
  const auto match = router.find("POST", "/v1/runs/a%2Fb/signals/caf%C3%A9");
  const Fields expected{{"id", "a/b"}, {"name", "caf\xc3\xa9"}};
  BOOST_TEST(match.status == 200);
  BOOST_TEST((match.path_values == expected));
}

BOOST_AUTO_TEST_CASE(the_rest_of_a_path_is_one_value) {
  const auto router = sample();
  for (const auto* path :
       {"/v1/runs/1/approvals/each%5B3%5D/go", "/v1/runs/1/approvals/each[3]%2Fgo"}) {
    const auto match = router.find("POST", path);
    const Fields expected{{"id", "1"}, {"step", "each[3]/go"}};
    BOOST_TEST((match.path_values == expected));
  }
}

BOOST_AUTO_TEST_CASE(a_wrong_method_is_told_which_ones_there_are) {
  const auto router = sample();
  const auto match = router.find("DELETE", "/v1/jobs");
  BOOST_TEST(match.allow == "GET, HEAD, POST");
  const auto refusal = match.refusal("/v1/jobs");
  const Fields expected{{"Allow", "GET, HEAD, POST"}};
  BOOST_TEST(refusal.status == 405);
  BOOST_TEST((refusal.headers == expected));
}

BOOST_AUTO_TEST_SUITE_END()
