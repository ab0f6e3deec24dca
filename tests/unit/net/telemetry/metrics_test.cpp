#include "net/telemetry/metrics.hpp"

#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

#include "runtime/limits.hpp"

using namespace troupe;
using telemetry::PrometheusMetrics;

namespace {

constexpr ports::Counter requests{"troupe_test_requests_total", "Requests answered"};
constexpr ports::Gauge connections{"troupe_test_connections", "Open connections"};
constexpr ports::Histogram seconds{"troupe_test_seconds", "How long it took",
                                   ports::latency_bounds};

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(counters_gauges_and_histograms_stand_in_the_text_format) {
  PrometheusMetrics metrics;
  metrics.add(requests, {{"method", "GET"}, {"status", "200"}}, 1);
  metrics.add(requests, {{"method", "GET"}, {"status", "200"}}, 2);
  metrics.add(requests, {{"method", "POST"}, {"status", "503"}}, 0);
  metrics.set(connections, {}, 7);
  metrics.set(connections, {}, 3);
  metrics.observe(seconds, {{"route", "/v1/jobs"}}, 0.003);
  metrics.observe(seconds, {{"route", "/v1/jobs"}}, 100);
  const auto text = metrics.render();
  for (const auto* line : {
           "# HELP troupe_test_requests_total Requests answered",
           "# TYPE troupe_test_requests_total counter",
           R"(troupe_test_requests_total{method="GET",status="200"} 3)",
           R"(troupe_test_requests_total{method="POST",status="503"} 0)",
           "# TYPE troupe_test_connections gauge",
           "troupe_test_connections 3",
           "# TYPE troupe_test_seconds histogram",
           R"(troupe_test_seconds_bucket{route="/v1/jobs",le="0.0025"} 0)",
           R"(troupe_test_seconds_bucket{route="/v1/jobs",le="0.005"} 1)",
           R"(troupe_test_seconds_bucket{route="/v1/jobs",le="30"} 1)",
           R"(troupe_test_seconds_bucket{route="/v1/jobs",le="+Inf"} 2)",
           R"(troupe_test_seconds_count{route="/v1/jobs"} 2)",
       })
    BOOST_TEST(has_line(text, line), line << " in\n" << text);
}

BOOST_AUTO_TEST_CASE(a_label_cannot_break_out_of_its_line) {
  PrometheusMetrics metrics;
  metrics.add(requests, {{"method", "a\"b\\c\nd"}}, 1);
  BOOST_TEST(has_line(metrics.render(), R"(troupe_test_requests_total{method="a\"b\\c\nd"} 1)"));
}

BOOST_AUTO_TEST_CASE(a_metric_has_a_bounded_number_of_series) {
  PrometheusMetrics metrics;
  for (std::size_t i = 0; i < limits::metric_series_max + 100; ++i)
    metrics.add(requests, {{"method", std::to_string(i)}}, 1);
  metrics.add(requests, {{"method", "0"}}, 1);
  const auto text = metrics.render();
  BOOST_TEST(has_line(text, R"(troupe_test_requests_total{method="0"} 2)"));
  BOOST_TEST(has_line(text, R"(troupe_test_requests_total{method="999"} 1)"));
  BOOST_TEST(text.find("\"1000\"") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_name_that_prometheus_refuses_is_not_counted_and_harms_nothing) {
  PrometheusMetrics metrics;
  metrics.add({"not a name", "x"}, {}, 1);
  metrics.add(requests, {{"not a label", "x"}}, 1);
  metrics.set({"troupe_test_seconds", "as a gauge"}, {}, 1);
  metrics.observe(seconds, {}, 1); // the same name as another kind
  BOOST_TEST(has_line(metrics.render(), "# TYPE troupe_test_seconds gauge"));
  BOOST_TEST(metrics.render().find("histogram") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(many_threads_count_together) {
  PrometheusMetrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) {
          metrics.add(requests, {{"method", std::to_string(i % 10)}}, 1);
          metrics.observe(seconds, {}, 0.1);
        }
      });
  }
  const auto text = metrics.render();
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(
        has_line(text, "troupe_test_requests_total{method=\"" + std::to_string(i) + "\"} 400"));
  BOOST_TEST(has_line(text, "troupe_test_seconds_count 4000"));
}

BOOST_AUTO_TEST_SUITE_END()
