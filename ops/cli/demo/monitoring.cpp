#include "ops/cli/demo/monitoring.hpp"

#include <boost/json.hpp>
#include <filesystem>

#include "ops/cli/dev/free_port.hpp"
#include "ops/cli/exit_codes.hpp"
#include "ops/cli/files.hpp"
#include "ops/cli/view/json_reading.hpp"

namespace troupe::demo {

using cli::ExitCode;
using cli::Failure;
namespace json = boost::json;

namespace {

std::string required(const std::string& program) {
  std::string found = cli::find_program(program);
  if (found.empty())
    throw Failure{ExitCode::unavailable,
                  "no program `" + program + "` in PATH; install it (Debian: ops/install demo)"};
  return found;
}

json::value parsed(const std::string& text) {
  json::error_code error;
  json::value value = json::parse(text, error);
  return error ? json::value{} : value;
}

constexpr const char* rules = R"(groups:
  - name: demo
    rules:
      - alert: ServiceDown
        expr: up{job="patient"} == 0
        for: 1s
        labels: { service: patient, severity: critical }
        annotations:
          summary: "{{ $labels.service }} does not answer"
          health_url: "HEALTH_URL"
)";

std::string with(std::string text, const std::string& name, const std::string& value) {
  for (std::size_t at; (at = text.find(name)) != std::string::npos;)
    text.replace(at, name.size(), value);
  return text;
}

std::string prometheus_configuration(const std::string& patient, const std::string& alertmanager,
                                     const std::string& rules_file) {
  return with(
      with(with(R"(global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: ["RULES"]
alerting:
  alertmanagers: [{ static_configs: [{ targets: ["ALERTMANAGER"] }] }]
scrape_configs:
  - job_name: patient
    static_configs: [{ targets: ["PATIENT"], labels: { service: patient } }]
)",
                "RULES", rules_file),
           "ALERTMANAGER", alertmanager),
      "PATIENT", patient);
}

std::string alertmanager_configuration(const std::string& webhook) {
  return with(R"(route:
  receiver: troupe
  group_by: [alertname, service]
  group_wait: 200ms
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: troupe
    webhook_configs: [{ url: "WEBHOOK", send_resolved: true }]
)",
              "WEBHOOK", webhook);
}

} // namespace

Monitoring::Monitoring(const dev::DataFolder& folder, ports::HttpClient& http)
    : folder_{folder},
      http_{http},
      prometheus_{required("prometheus")},
      alertmanager_{required("prometheus-alertmanager")},
      prometheus_port_{dev::free_port()},
      alertmanager_port_{dev::free_port()} {}

void Monitoring::start(dev::ProcessSupervisor& supervisor, const std::string& patient,
                       const std::string& health_url, const std::string& webhook) {
  std::string alertmanager = "127.0.0.1:" + std::to_string(alertmanager_port_);
  for (const char* name : {"prometheus", "alertmanager"}) {
    // What they remember of an earlier demo would hold back today's notification.
    std::error_code ignored;
    std::filesystem::remove_all(folder_.at(name), ignored);
    cli::make_folder(folder_.at(name));
  }
  cli::write_file_atomically(folder_.at("prometheus/rules.yml"),
                             with(rules, "HEALTH_URL", health_url));
  cli::write_file_atomically(
      folder_.at("prometheus/prometheus.yml"),
      prometheus_configuration(patient, alertmanager, folder_.at("prometheus/rules.yml")));
  cli::write_file_atomically(folder_.at("alertmanager/alertmanager.yml"),
                             alertmanager_configuration(webhook));
  auto start = [&](const std::string& name, std::vector<std::string> argv) {
    dev::ChildSpec spec;
    spec.name = name;
    spec.argv = std::move(argv);
    spec.log_file = folder_.fresh_log(name);
    spec.folder = folder_.at(name);
    supervisor.start(std::move(spec));
  };
  start("prometheus",
        {prometheus_, "--config.file=" + folder_.at("prometheus/prometheus.yml"),
         "--storage.tsdb.path=" + folder_.at("prometheus/data"), "--storage.tsdb.retention.time=1d",
         "--web.listen-address=127.0.0.1:" + std::to_string(prometheus_port_)});
  start("alertmanager",
        {alertmanager_, "--config.file=" + folder_.at("alertmanager/alertmanager.yml"),
         "--storage.path=" + folder_.at("alertmanager/data"),
         "--web.listen-address=" + alertmanager, "--cluster.listen-address="});
}

std::string Monitoring::get(const std::string& url) const {
  ports::HttpRequest request;
  request.url = url;
  request.timeout = Millis{1'000};
  auto response = http_.send(request, {});
  return response && response->status == 200 ? response->body : "";
}

bool Monitoring::ready() const {
  if (get(alertmanager_url() + "/-/ready").empty()) return false;
  json::value answer =
      parsed(get(prometheus_url() + "/api/v1/query?query=up%7Bjob%3D%22patient%22%7D"));
  const json::array& result = view::list(view::member(answer, "data"), "result");
  if (result.empty()) return false;
  const json::array& sample = view::list(result.front(), "value");
  return sample.size() == 2 && view::text(sample[1]) == "1";
}

std::optional<Instant> Monitoring::firing_since() const {
  json::value alerts = parsed(get(alertmanager_url() + "/api/v2/alerts?active=true"));
  if (!alerts.is_array()) return std::nullopt;
  for (const json::value& alert : alerts.as_array())
    if (view::text(view::member(alert, "labels"), "alertname") == "ServiceDown")
      return view::instant(alert, "startsAt");
  return std::nullopt;
}

bool Monitoring::cleared() const {
  json::value alerts = parsed(get(alertmanager_url() + "/api/v2/alerts?active=true"));
  return alerts.is_array() && alerts.as_array().empty();
}

std::string Monitoring::prometheus_url() const {
  return "http://127.0.0.1:" + std::to_string(prometheus_port_);
}

std::string Monitoring::alertmanager_url() const {
  return "http://127.0.0.1:" + std::to_string(alertmanager_port_);
}

} // namespace troupe::demo
