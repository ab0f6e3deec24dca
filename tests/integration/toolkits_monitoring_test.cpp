// The prometheus and alertmanager toolkits against the real servers.
#include <boost/test/unit_test.hpp>

#include "net/http/client.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/toolkits/called.hpp"
#include "tests/unit/toolkits/files.hpp"
#include "toolkits/process.hpp"

using namespace troupe;
using support::eventually;
using test::contains, test::failure, test::in, test::output;

namespace {

/// One of the two servers on a free port, with the catalogue that asks it.
struct Server {
  support::TemporaryFolder folder{"troupe-monitoring"};
  std::string url = "http://127.0.0.1:" + std::to_string(support::free_port());
  std::shared_ptr<ports::HttpClient> http = http::make_client();
  std::unique_ptr<support::ChildProcess> process;
  toolkits::Catalogue catalogue;

  void start(const std::string& toolkit, const std::string& package,
             std::vector<std::string> argv) {
    if (!toolkits::find_binary(argv[0]))
      throw std::runtime_error{argv[0] + " is missing: install the package " + package};
    argv.push_back("--web.listen-address=" + url.substr(7));
    support::ChildOptions options;
    options.argv = std::move(argv);
    options.output = in(folder, "log");
    process = std::make_unique<support::ChildProcess>(options);
    const auto is_ready = [&] {
      const auto answer = http->send(get("/-/ready"), {});
      return answer.ok() && answer->status == 200;
    };
    const bool ready = process->reaches(is_ready);
    BOOST_TEST_REQUIRE(ready, toolkit << ' ' << process->fate() << ":\n"
                                      << test::read_file(in(folder, "log")));
    catalogue = toolkits::make_catalogue({{toolkit, JsonText{R"({"url":")" + url + "\"}"}}},
                                         {"", http, nullptr});
  }
  ports::HttpRequest get(const std::string& path) const {
    ports::HttpRequest request;
    request.url = url + path;
    return request;
  }
};

struct Prometheus : Server {
  Prometheus() {
    test::write_file(in(folder, "rules.yml"), R"(groups: [{name: g, interval: 1s, rules: [
      {alert: Always, expr: vector(7), labels: {severity: critical}, annotations: {say: hello}}]}])");
    test::write_file(in(folder, "prom.yml"),
                     "global: {scrape_interval: 1s}\nrule_files: [rules.yml]\n"
                     "scrape_configs: [{job_name: self, static_configs: [{targets: ['" +
                         url.substr(7) + "']}]}]\n");
    start("prometheus", "prometheus",
          {"prometheus", "--config.file=" + in(folder, "prom.yml"),
           "--storage.tsdb.path=" + in(folder, "data")});
  }
};

struct Alertmanager : Server {
  Alertmanager() {
    test::write_file(in(folder, "am.yml"), "route: {receiver: none}\nreceivers: [{name: none}]\n");
    start("alertmanager", "prometheus-alertmanager",
          {"prometheus-alertmanager", "--config.file=" + in(folder, "am.yml"),
           "--storage.path=" + in(folder, "data"), "--cluster.listen-address="});
  }
  void post(const std::string& alerts) {
    auto request = get("/api/v2/alerts");
    request.method = "POST";
    request.headers.emplace_back("content-type", "application/json");
    request.body = alerts;
    const auto response = http->send(request, {});
    BOOST_REQUIRE(response.ok());
    BOOST_REQUIRE(response->status == 200);
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(toolkits_monitoring)

BOOST_AUTO_TEST_CASE(a_real_prometheus_answers_queries_ranges_and_alerts) {
  Prometheus server;
  const std::string up = R"({"query":"up{job=\"self\"}"})";
  BOOST_TEST(eventually([&] {
    const auto seen = output(server.catalogue, "prometheus.query", up);
    return seen.at("value").is_double() && seen.at("value").as_double() == 1;
  }));
  BOOST_TEST(
      output(server.catalogue, "prometheus.query", R"({"query":"1/0"})").at("value").as_string() ==
      "+Inf");
  const auto range = output(server.catalogue, "prometheus.query_range",
                            R"({"query":"1","start":"-1m","step":"500ms"
})");
  BOOST_TEST(range.at("result_type").as_string() == "matrix");
  BOOST_TEST(range.at("series").at(0).at("points").as_array().size() == 121u);
  BOOST_TEST(eventually([&] {
    const auto alerts = output(server.catalogue, "prometheus.alerts",
                               R"({"state":"firing","labels":{"alertname":"Always"}})");
    return alerts.at("total").as_int64() == 1 &&
           alerts.at("alerts").at(0).at("value").as_double() == 7;
  }));
  BOOST_TEST(contains(failure(server.catalogue, "prometheus.query", R"({"query":"sum("})",
                              ErrorClass::invalid_input),
                      "parse error"));
  server.process->stop();
  BOOST_TEST(contains(failure(server.catalogue, "prometheus.query", up, ErrorClass::tool_failed),
                      "Prometheus at " + server.url));
}

BOOST_AUTO_TEST_CASE(a_real_alertmanager_tells_when_an_alert_comes_and_goes) {
  Alertmanager server;
  const auto labels = std::string{R"("labels":{"alertname":"ServiceDown","service":"web"})"};
  const std::string wanted = R"({"filter":["alertname=\"ServiceDown\"","service=~\"we.\""]})";
  const auto total = [&](const std::string& arguments) {
    return output(server.catalogue, "alertmanager.alerts", arguments).at("total").as_int64();
  };
  BOOST_TEST(total(wanted) == 0);
  server.post("[{" + labels + R"(,"annotations":{"summary":"web is down"}}])");
  BOOST_TEST(eventually([&] { return total(wanted) == 1; }));
  BOOST_TEST(total(R"({"filter":["service=\"api\""]})") == 0);
  const auto seen = output(server.catalogue, "alertmanager.alerts", wanted).at("alerts").at(0);
  BOOST_TEST(seen.at("fingerprint").as_string().size() == 16u);
  BOOST_TEST(seen.at("annotations").at("summary").as_string() == "web is down");
  BOOST_TEST(parse_iso8601(std::string_view{seen.at("starts_at").as_string()}).has_value());

  server.post("[{" + labels + R"(,"endsAt":"2001-01-01T00:00:00Z"}])");
  BOOST_TEST(eventually([&] { return total(wanted) == 0; }));
  failure(server.catalogue, "alertmanager.alerts", R"({"filter":["=="]})",
          ErrorClass::invalid_input);
  const auto status = output(server.catalogue, "alertmanager.status", "{}");
  BOOST_TEST(status.at("version").as_string().starts_with("0."));
}

BOOST_AUTO_TEST_SUITE_END()
