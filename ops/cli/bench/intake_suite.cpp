#include "ops/cli/bench/http_load.hpp"
#include "ops/cli/bench/measuring.hpp"
#include "ops/cli/bench/raw_postgres.hpp"
#include "ops/cli/bench/usage.hpp"
#include "ops/cli/files.hpp"

namespace troupe::bench {
namespace {

constexpr unsigned connections_most = 256;
constexpr unsigned posts_of_a_group = 4;

/// A node that takes alerts: each group starts a run, which waits until its alerts are resolved.
std::string settings(const Stage& stage) {
  cli::write_file_atomically(stage.folder().at("hold.yaml"),
                             "plan: hold\nsteps: [{ id: healed, wait: { signal: resolved } }]\n");
  cli::write_file_atomically(stage.folder().at("team.yaml"),
                             "team: bench\nroles: { echo: { kind: native, agent: echo } }\n"
                             "plans: { hold: hold.yaml }\n"
                             "alerts: [{ match: { alertname: ServiceDown }, plan: hold }]\n");
  return R"({"node":{"name":"intake"},"nats":{"url":")" + stage.nats_url() +
         R"("},"postgres":{"url":")" + stage.postgres_url() +
         R"("},"http":{"listen":"127.0.0.1:0"},"log":{"level":"warn"},"teams":[")" +
         stage.folder().at("team.yaml") + R"("],"data_dir":")" + stage.folder().at("intake") +
         R"("})";
}

std::string alert(unsigned group, const char* instance) {
  const auto service = "service-" + std::to_string(group);
  const auto fingerprint = std::to_string(1'000'000'000U + group) + instance;
  return R"({"status":"firing","labels":{"alertname":"ServiceDown","instance":")" +
         std::string{instance} + R"(","service":")" + service +
         R"(","severity":"critical"},"annotations":{"summary":")" + service +
         R"( does not answer"},"startsAt":"2026-11-20T18:46:51.123Z",)"
         R"("endsAt":"0001-01-01T00:00:00Z",)"
         R"("generatorURL":"http://127.0.0.1:9090/graph?g0.expr=up%3D%3D0","fingerprint":")" +
         fingerprint + R"("})";
}

/// As Alertmanager sends it, version 4.
std::string webhook(unsigned group, bool second_instance) {
  const auto service = "service-" + std::to_string(group);
  return R"({"version":"4","receiver":"troupe","status":"firing",)"
         R"("groupKey":"{}:{alertname=\"ServiceDown\", service=\")" +
         service +
         R"(\"}","truncatedAlerts":0,"groupLabels":{"alertname":"ServiceDown","service":")" +
         service + R"("},"commonLabels":{"alertname":"ServiceDown","service":")" + service +
         R"(","severity":"critical"},"commonAnnotations":{"summary":")" + service +
         R"( does not answer"},"externalURL":"http://127.0.0.1:9093","alerts":[)" +
         alert(group, "node-1:9100") +
         (second_instance ? "," + alert(group, "node-2:9100") : std::string{}) + "]}";
}

/// Each connection goes through groups of its own: an alert that opens an incident, the same body
/// again, a second alert of the group, and that body again.
class Groups {
 public:
  explicit Groups(unsigned connections) : places_(connections) {}

  std::string next(unsigned connection) {
    auto& place = places_[connection];
    if (place.posted == 0) place.group = last_++;
    const bool second = place.posted >= posts_of_a_group / 2;
    place.posted = (place.posted + 1) % posts_of_a_group;
    return webhook(place.group, second);
  }
  std::string next_new() { return webhook(last_++, false); }

 private:
  struct Place {
    unsigned group = 0, posted = 0;
  };
  std::vector<Place> places_;
  unsigned last_ = 0;
};

double refused(const HttpLoad& load) {
  unsigned sum = 0;
  for (const auto& [status, number] : load.refused) sum += number;
  return sum;
}

} // namespace

Report bench_intake(const BenchOptions& options) {
  const auto connections = std::min(options.in_flight, connections_most);
  Groups groups{connections};
  Report report{"intake",
                "Alertmanager webhook bodies of version 4 (" +
                    std::to_string(webhook(0, true).size()) +
                    " bytes with two alerts), posted over HTTP on loopback to a node in a process "
                    "of its own and answered once they are durable, over " +
                    std::to_string(connections) +
                    " keep-alive connections. Of four posts one opens an incident and starts a "
                    "run, one brings its run another alert, two are repeats. New: each post opens "
                    "an incident. The runs wait for their alerts to be resolved. Postgres with "
                    "fsync."};
  options.tell("the servers start");
  Stage stage{{.nats = true, .postgres = true}};
  const auto raw = measure_raw_postgres(stage, options);
  stage.start_node("intake", settings(stage));
  HttpLoadOptions http{.url = stage.wait_for_node("intake"),
                       .path = "/webhooks/alertmanager",
                       .connections = connections};
  const auto mixed = [&](unsigned connection) { return groups.next(connection); };
  options.tell("posts to the webhook");
  http.time = options.warm_up();
  (void)post_load(http, mixed);
  http.time = options.time;
  const auto cpu = stage.processor_seconds();
  auto posts = post_load(http, mixed);
  const auto spent = stage.processor_seconds() - cpu;
  options.tell("posts that each open an incident");
  http.time = options.time / 2;
  auto fresh = post_load(http, [&](unsigned) { return groups.next_new(); });

  report.add("posts_per_s", posts.per_s, "posts a second accepted durably");
  report.add("cpu_s_per_1000_posts", per_thousand(spent, posts.ms.size()),
             "processor seconds for 1,000 posts, of everything together", 3);
  report.add_latencies("post", std::move(posts.ms), "a post");
  report.add("new_posts_per_s", fresh.per_s, "posts a second that each open an incident");
  report.add_latencies("new_post", std::move(fresh.ms), "such a post");
  report.add("refused", refused(posts) + refused(fresh), "posts that were not accepted");
  report.add("ratio_of_raw_commits", posts.per_s / raw.commits_per_s,
             "posts a second, by the commits of Postgres alone, one after the other", 2);
  report.add("node_peak_rss_mib", peak_resident_mib(stage.pid_of("intake")),
             "MiB of resident memory at most, of the node", 1);
  add_limits(report, raw);
  return report;
}

} // namespace troupe::bench
