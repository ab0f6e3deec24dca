#include "tests/unit/toolkits/called.hpp"
#include "tests/unit/toolkits/scripted_http.hpp"

using namespace troupe;
using namespace troupe::toolkits;
using test::contains, test::failure, test::http_response, test::output;

namespace {

class FixedClock final : public Clock {
 public:
  Instant now() const override { return *parse_iso8601("2026-11-20T18:00:00Z"); }
};

struct Asking {
  std::shared_ptr<test::ScriptedHttp> http;
  Catalogue catalogue;

  explicit Asking(test::ScriptedHttp::Answer answer)
      : http{std::make_shared<test::ScriptedHttp>(std::move(answer))},
        catalogue{make_catalogue(
            {{"prometheus", JsonText{R"({"url":"http://prom:9090/sub/","bearer_token":"t0ken"})"}}},
            {"", http, std::make_shared<FixedClock>()})} {
    BOOST_REQUIRE(catalogue.faults.empty());
  }
  std::string asked() const { return http->asked.empty() ? "" : http->asked.back().url; }
};

std::string vector_of(std::size_t series, std::size_t label_bytes = 1) {
  std::string items;
  for (std::size_t i = 0; i < series; ++i)
    items += (i ? "," : "") + (R"({"metric":{"i":")" + std::to_string(i) +
                               std::string(label_bytes, 'x') + R"("},"value":[1795197600.5,"1"]})");
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + items + "]}}";
}

} // namespace

BOOST_AUTO_TEST_SUITE(prometheus)

BOOST_AUTO_TEST_CASE(a_vector_becomes_numbers_with_labels_and_times) {
  const Asking asking{[](const auto&) {
    return http_response(200, R"({"status":"success","warnings":["slow"],"data":{
      "resultType":"vector","result":[
        {"metric":{"job":"web"},"value":[1795197600.5,"0.25"]},
        {"metric":{"job":"api"},"value":[1795197600.5,"NaN"]}]}})");
  }};
  const auto seen = output(asking.catalogue, "prometheus.query", R"({"query":"up{a=\"b c\"}"})");
  BOOST_TEST(seen.at("value").as_double() == 0.25);
  BOOST_TEST(seen.at("total").as_int64() == 2);
  BOOST_TEST(!seen.at("truncated").as_bool());
  BOOST_TEST(seen.at("note").as_string() == "slow");
  BOOST_TEST(seen.at("series").at(0).at("labels").at("job").as_string() == "web");
  BOOST_TEST(seen.at("series").at(0).at("at").as_string() == "2026-11-20T18:00:00.500Z");
  BOOST_TEST(seen.at("series").at(1).at("value").as_string() == "NaN");
  BOOST_TEST(asking.asked() == "http://prom:9090/sub/api/v1/query?query=up%7Ba%3D%22b%20c%22%7D");
  const auto& headers = asking.http->asked[0].headers;
  BOOST_TEST(
      (headers.back() == std::pair<std::string, std::string>{"authorization", "Bearer t0ken"}));
}

BOOST_AUTO_TEST_CASE(scalars_strings_and_empty_results_are_answers_too) {
  const std::tuple<const char*, const char*, const char*> table[] = {
      {R"("scalar","result":[1795197600,"3"])", "3E0", "scalar"},
      {R"("string","result":[1795197600,"3"])", "\"3\"", "string"},
      {R"("vector","result":[])", "null", "vector"},
      {R"("scalar","result":[1795197600,"+Inf"])", "\"+Inf\"", "scalar"},
  };
  for (auto [data, value, type] : table) {
    const auto answer = R"({"status":"success","data":{"resultType":)" + std::string{data} + "}}";
    const Asking asking{[&](const auto&) { return http_response(200, answer); }};
    const auto seen = output(asking.catalogue, "prometheus.query", R"({"query":"x"})");
    BOOST_TEST(boost::json::serialize(seen.at("value")) == value);
    BOOST_TEST(seen.at("result_type").as_string() == type);
  }
}

BOOST_AUTO_TEST_CASE(a_range_becomes_points_and_times_may_be_relative) {
  const Asking asking{[](const auto&) {
    return http_response(200, R"({"status":"success","data":{"resultType":"matrix","result":[
      {"metric":{},"values":[[1795197600,"1"],[1795197660,"2"]]}]}})");
  }};
  const auto seen = output(asking.catalogue, "prometheus.query_range",
                           R"({"query":"x","start":"-1h","end":"-30m","step":"1m"})");
  BOOST_TEST(boost::json::serialize(seen.at("series").at(0).at("points")) ==
             "[[1795197600,1E0],[1795197660,2E0]]");
  BOOST_TEST(seen.at("value").is_null());
  BOOST_TEST(asking.asked() ==
             "http://prom:9090/sub/api/v1/query_range?query=x"
             "&start=2026-11-20T17%3A00%3A00.000Z"
             "&end=2026-11-20T17%3A30%3A00.000Z&step=60.000");
  output(asking.catalogue, "prometheus.query_range",
         R"({"query":"x","start":"2026-11-20T17:58:20Z"})");
  BOOST_TEST(contains(asking.asked(), "&end=2026-11-20T18%3A00%3A00.000Z&step=1.000"));
  output(asking.catalogue, "prometheus.query", R"({"query":"x","time":"-1m"})");
  BOOST_TEST(contains(asking.asked(), "&time=2026-11-20T17%3A59%3A00.000Z"));
}

BOOST_AUTO_TEST_CASE(times_that_make_no_sense_are_refused_by_pointer) {
  const Asking asking{[](const auto&) { return http_response(200); }};
  const std::pair<const char*, const char*> table[] = {
      {R"({"query":"x","start":"yesterday"})", "/start: expected 2026-11-20T18:46:51Z, or -10m"},
      {R"({"query":"x","start":"-1h","end":"10m"})", "/end: expected 2026"},
      {R"({"query":"x","start":"-1h","end":"-2h"})", "/end: expected a moment after /start"},
      {R"({"query":"x","start":"-1h","step":"1s"})",
       "/step: expected at most 1000 steps between start and end; 3s601ms would do"},
  };
  for (auto [arguments, expected] : table)
    BOOST_TEST(contains(
        failure(asking.catalogue, "prometheus.query_range", arguments, ErrorClass::invalid_input),
        expected));
  failure(asking.catalogue, "prometheus.query_range", R"({"query":"x"})",
          ErrorClass::invalid_input);
  BOOST_TEST(asking.http->asked.empty());
}

BOOST_AUTO_TEST_CASE(many_series_are_cut_with_a_note) {
  for (const auto& answer : {vector_of(500), vector_of(150, 2'000)}) {
    const Asking asking{[&](const auto&) { return http_response(200, answer); }};
    const auto seen = output(asking.catalogue, "prometheus.query", R"({"query":"x"})");
    BOOST_TEST(seen.at("truncated").as_bool());
    const auto shown = seen.at("series").as_array().size();
    BOOST_TEST((shown > 0 && shown <= limits::query_items_max));
    BOOST_TEST(seen.at("note").as_string() ==
               "only " + std::to_string(shown) + " of " +
                   std::to_string(seen.at("total").as_int64()) +
                   " series are shown; narrow the query to see more");
  }
}

BOOST_AUTO_TEST_CASE(alerts_are_filtered_by_state_and_labels) {
  const Asking asking{[](const auto&) {
    return http_response(200, R"({"status":"success","data":{"alerts":[
      {"labels":{"alertname":"A","job":"web"},"annotations":{"s":"t"},"state":"firing",
       "activeAt":"2026-11-20T17:00:00Z","value":"1e+00"},
      {"labels":{"alertname":"B","job":"web"},"annotations":{},"state":"pending",
       "activeAt":"2026-11-20T17:00:00Z","value":"0"}]}})");
  }};
  const std::pair<const char*, int> table[] = {
      {"{}", 2},
      {R"({"state":"firing"})", 1},
      {R"({"labels":{"job":"web"}})", 2},
      {R"({"labels":{"job":"web","alertname":"B"}})", 1},
      {R"({"labels":{"job":"api"}})", 0},
      {R"({"state":"pending","labels":{"alertname":"A"}})", 0},
  };
  for (auto [arguments, total] : table)
    BOOST_TEST(output(asking.catalogue, "prometheus.alerts", arguments).at("total").as_int64() ==
               total);
}

BOOST_AUTO_TEST_CASE(a_refusal_has_its_class_and_the_servers_own_words) {
  const auto refused = [](int status, const char* body) {
    auto response = http_response(status, body);
    response.headers.emplace_back("retry-after", "7");
    return response;
  };
  const std::tuple<ports::HttpResponse, ErrorClass, const char*> table[] = {
      {refused(400, R"({"status":"error","errorType":"bad_data","error":"parse error: x"})"),
       ErrorClass::invalid_input, "status 400: parse error: x"},
      {refused(422, R"({"error":"too many samples"})"), ErrorClass::tool_failed,
       "status 422: too many samples"},
      {refused(429, "slow down"), ErrorClass::rate_limited,
       "slow down; it asks to come back after 7"},
      {refused(401, ""), ErrorClass::tool_failed, "is its bearer_token right?"},
      {refused(503, "\xff down"), ErrorClass::tool_failed, "status 503: \xef\xbf\xbd down"},
      {refused(200, "<html>"), ErrorClass::tool_failed, "does its url name the right server?"},
      {refused(200, R"({"data":{}})"), ErrorClass::tool_failed, "is not Prometheus's"},
      {refused(200, "[]"), ErrorClass::tool_failed, "is not Prometheus's"},
  };
  for (const auto& [response, error_class, expected] : table) {
    const auto& answer = response;
    const Asking asking{[&](const auto&) { return answer; }};
    const auto text =
        failure(asking.catalogue, "prometheus.query", R"({"query":"x"})", error_class);
    BOOST_TEST(contains(text, expected), text);
    BOOST_TEST(!contains(text, "t0ken"));
  }
  const Asking cut{[](const auto&) {
    auto response = http_response(200, "{");
    response.truncated = true;
    return response;
  }};
  BOOST_TEST(contains(
      failure(cut.catalogue, "prometheus.query", R"({"query":"x"})", ErrorClass::tool_failed),
      "ask for less"));
  const Asking silent{[](const auto&) { return make_error(ErrorClass::timeout, "no answer"); }};
  BOOST_TEST(failure(silent.catalogue, "prometheus.query", R"({"query":"x"})",
                     ErrorClass::timeout) == "Prometheus at http://prom:9090/sub: no answer");
}

BOOST_AUTO_TEST_CASE(settings_without_a_usable_url_or_token_are_faults) {
  const std::pair<const char*, const char*> table[] = {
      {R"({"url":"localhost:9090"})", "/toolkits/prometheus/url: the URL is not usable"},
      {R"({"url":"http://a/?x=1"})", "/toolkits/prometheus/url: expected the server's root"},
      {R"({"url":"http://a","bearer_token":"a\nb"})",
       "/toolkits/prometheus/bearer_token: it holds a space"},
  };
  for (auto [settings, expected] : table) {
    const auto made = make_catalogue({{"prometheus", JsonText{settings}}}, {});
    BOOST_REQUIRE(made.faults.size() == 1u);
    BOOST_TEST(made.faults[0].starts_with(expected), made.faults[0]);
  }
}

BOOST_AUTO_TEST_SUITE_END()
