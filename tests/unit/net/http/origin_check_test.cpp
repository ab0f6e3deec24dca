#include "net/http/origin_check.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe::http;

BOOST_AUTO_TEST_SUITE(origin_check)

BOOST_AUTO_TEST_CASE(only_our_own_pages_and_programs_are_served) {
  const OriginRules loopback{false, {"troupe.example"}};
  const struct {
    const char *method, *host, *origin;
    int status; // 0: served
  } table[] = {
      {"GET", "localhost:8420", "", 0},
      {"GET", "127.0.0.1:8420", "", 0},
      {"GET", "[::1]:8420", "", 0},
      {"GET", "Troupe.Example", "", 0},
      {"GET", nullptr, "", 0},               // HTTP/1.0
      {"GET", "evil.example:8420", "", 421}, // a name that was made to point here
      {"GET", "127.0.0.1.evil.example", "", 421},
      {"GET", "a b", "", 400},
      {"POST", "localhost:8420", "http://localhost:8420", 0},
      {"POST", "localhost:8420", "http://evil.example", 403}, // a form of another site
      {"POST", "localhost:8420", "null", 403},
      {"POST", "localhost:8420", "http://localhost:3000", 403},
      {"POST", "localhost:8420", "https://localhost:8420", 403},
      {"POST", "troupe.example", "https://troupe.example", 0}, // through a proxy that speaks TLS
      {"POST", "troupe.example", "https://evil.example", 403},
      {"GET", "localhost:8420", "http://evil.example", 0}, // it cannot read the answer
  };
  for (const auto& row : table) {
    Request request;
    request.method = row.method;
    if (row.host) request.headers.emplace_back("host", row.host);
    if (*row.origin) request.headers.emplace_back("origin", row.origin);
    const auto refusal = refuse_foreign(request, loopback);
    BOOST_TEST((refusal ? refusal->status : 0) == row.status,
               row.method << " " << (row.host ? row.host : "-") << " " << row.origin);
  }
}

BOOST_AUTO_TEST_CASE(a_server_of_its_network_has_names_it_does_not_know) {
  Request request;
  request.method = "POST";
  request.headers = {{"host", "any.example"}};
  const OriginRules any{true, {}};
  BOOST_TEST(!refuse_foreign(request, any).has_value());
  request.headers.emplace_back("origin", "http://evil.example");
  BOOST_TEST(refuse_foreign(request, any)->status == 403);
}

BOOST_AUTO_TEST_SUITE_END()
