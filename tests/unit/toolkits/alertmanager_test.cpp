#include "tests/unit/toolkits/called.hpp"
#include "tests/unit/toolkits/scripted_http.hpp"

using namespace troupe;
using namespace troupe::toolkits;
using test::contains, test::failure, test::http_response, test::output;

namespace {

struct Asking {
  std::shared_ptr<test::ScriptedHttp> http;
  Catalogue catalogue;

  explicit Asking(test::ScriptedHttp::Answer answer)
      : http{std::make_shared<test::ScriptedHttp>(std::move(answer))},
        catalogue{make_catalogue({{"alertmanager", JsonText{R"({"url":"http://am:9093"})"}}},
                                 {"", http, nullptr})} {}
};

constexpr const char* one_alert = R"([{"annotations":{"summary":"web is down"},
  "endsAt":"2026-11-20T18:05:00.000Z","fingerprint":"1a2b","receivers":[{"name":"troupe"}],
  "startsAt":"2026-11-20T18:00:00.000Z","updatedAt":"2026-11-20T18:00:00.000Z",
  "status":{"inhibitedBy":[],"silencedBy":[],"state":"active"},
  "generatorURL":"http://prom","labels":{"alertname":"ServiceDown"}}])";

} // namespace

BOOST_AUTO_TEST_SUITE(alertmanager)

BOOST_AUTO_TEST_CASE(alerts_are_asked_for_by_matchers_and_shown_without_ballast) {
  const Asking asking{[](const auto&) { return http_response(200, one_alert); }};
  const auto seen = output(asking.catalogue, "alertmanager.alerts",
                           R"({"filter":["alertname=\"ServiceDown\"","a=~\"b|c\""]})");
  BOOST_TEST(boost::json::serialize(seen) ==
             R"({"alerts":[{"fingerprint":"1a2b","labels":{"alertname":"ServiceDown"},)"
             R"("annotations":{"summary":"web is down"},"state":"active",)"
             R"("starts_at":"2026-11-20T18:00:00.000Z"}],"total":1,"truncated":false})");
  BOOST_TEST(asking.http->asked[0].url ==
             "http://am:9093/api/v2/alerts?active=true&silenced=false&inhibited=false"
             "&filter=alertname%3D%22ServiceDown%22&filter=a%3D~%22b%7Cc%22");
  output(asking.catalogue, "alertmanager.alerts", R"({"active":false,"silenced":true})");
  BOOST_TEST(asking.http->asked[1].url ==
             "http://am:9093/api/v2/alerts?active=false&silenced=true&inhibited=false");
}

BOOST_AUTO_TEST_CASE(no_alert_is_an_answer) {
  const Asking asking{[](const auto&) { return http_response(200, "[]"); }};
  BOOST_TEST(output(asking.catalogue, "alertmanager.alerts", "{}").at("total").as_int64() == 0);
}

BOOST_AUTO_TEST_CASE(many_alerts_are_cut) {
  std::string items{one_alert};
  items = items.substr(1, items.size() - 2);
  std::string all = items;
  for (int i = 1; i < 300; ++i) all += "," + items;
  const Asking asking{[&](const auto&) { return http_response(200, "[" + all + "]"); }};
  const auto seen = output(asking.catalogue, "alertmanager.alerts", "{}");
  BOOST_TEST(seen.at("total").as_int64() == 300);
  BOOST_TEST(seen.at("alerts").as_array().size() == limits::query_items_max);
  BOOST_TEST(seen.at("truncated").as_bool());
}

BOOST_AUTO_TEST_CASE(the_status_leaves_the_configuration_out) {
  const Asking asking{[](const auto&) {
    return http_response(200, R"({"cluster":{"status":"ready","peers":[{},{}]},
      "versionInfo":{"version":"0.25.0"},"config":{"original":"password: s3cret"},
      "uptime":"2026-11-20T17:00:00.000Z"})");
  }};
  const auto seen = output(asking.catalogue, "alertmanager.status", "{}");
  BOOST_TEST(boost::json::serialize(seen) ==
             R"({"version":"0.25.0","up_since":"2026-11-20T17:00:00.000Z","cluster":"ready",)"
             R"("peers":2})");
  BOOST_TEST(asking.http->asked[0].url == "http://am:9093/api/v2/status");
}

BOOST_AUTO_TEST_CASE(a_bad_matcher_is_the_callers_fault_in_alertmanagers_words) {
  const Asking asking{[](const auto&) { return http_response(400, R"("bad matcher format: x")"); }};
  BOOST_TEST(failure(asking.catalogue, "alertmanager.alerts", R"({"filter":["x"]})",
                     ErrorClass::invalid_input) ==
             "Alertmanager at http://am:9093 answered status 400: bad matcher format: x");
}

BOOST_AUTO_TEST_CASE(another_server_at_the_url_is_found_out) {
  const Asking asking{[](const auto&) { return http_response(200, "{}"); }};
  BOOST_TEST(
      contains(failure(asking.catalogue, "alertmanager.alerts", "{}", ErrorClass::tool_failed),
               "does its url name the right server?"));
}

BOOST_AUTO_TEST_SUITE_END()
