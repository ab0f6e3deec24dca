// A slow agent slows its producers: what it cannot take waits where it can be seen, by priority and
// in turn over the teams, and costs the agent nothing.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <sstream>

#include "net/http/client.hpp"
#include "tests/e2e/launch_node.hpp"
#include "tests/support/nats_server.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/troupe_process.hpp"

using namespace troupe;
using support::TroupeProcess;
namespace json = boost::json;

namespace {

constexpr int slots = 2, backlog = 1'000;

constexpr const char* plan = R"(plan: look
steps: [{ id: look, tool: service.status, with: { service: slow } }]
)";

std::string team(const std::string& name) {
  return "team: " + name +
         "\nroles: { looker: { kind: native, agent: validator, tools: [service.status] } }\n"
         "plans: { look: look.yaml }\n";
}

/// Orchestrators, and one agent with few slots whose only tool takes a third of a second.
struct SlowAgent {
  support::NatsServer nats;
  std::string database = support::PostgresServer::shared().create_database();
  support::TemporaryFolder folder;
  std::unique_ptr<ports::HttpClient> http = http::make_client();
  std::map<std::string, std::unique_ptr<TroupeProcess>> nodes;
  std::map<std::string, std::string> urls;

  SlowAgent() {
    std::ofstream{folder.path() / "look.yaml"} << plan;
    for (const auto* name : {"one", "other"})
      std::ofstream{folder.path() / (std::string{name} + ".yaml")} << team(name);
  }
  ~SlowAgent() {
    for (auto& [name, node] : nodes) node->process().signal(SIGTERM);
    for (auto& [name, node] : nodes)
      BOOST_TEST(node->process().wait(std::chrono::seconds{25}).has_value(), *node);
  }

  void start(const std::string& name, bool orchestrator) {
    json::object settings{{"node",
                           {{"name", name},
                            {"orchestrator", orchestrator},
                            {"agent", !orchestrator},
                            {"slots", slots},
                            {"drain", "1s"}}},
                          {"nats", {{"url", nats.url()}}},
                          {"data_dir", (folder.path() / name).string()}};
    if (orchestrator) {
      settings["postgres"] = {{"url", database}};
      settings["http"] = {{"listen", "127.0.0.1:0"}};
      settings["teams"] = json::array{(folder.path() / "one.yaml").string(),
                                      (folder.path() / "other.yaml").string()};
    } else {
      const json::object service{{"start", {"/bin/true"}},
                                 {"check", {"/bin/sleep", "0.3"}},
                                 {"pid_file", (folder.path() / "pid").string()}};
      settings["toolkits"] = {{"service", {{"services", {{"slow", service}}}}}};
    }
    std::tie(nodes[name], urls[name]) = e2e::launch_node(folder.path(), name, settings);
  }

  ports::HttpResponse ask(const std::string& node, const std::string& path, std::string body = "") {
    ports::HttpRequest request;
    request.method = body.empty() ? "GET" : "POST";
    request.url = urls.at(node) + path;
    request.body = std::move(body);
    const auto response = http->send(request, {});
    BOOST_TEST_REQUIRE(response.ok(), *nodes.at(node));
    return *response;
  }
  std::string submit(const std::string& node, const std::string& of_team, const char* priority) {
    const auto answer = ask(node, "/v1/jobs",
                            json::serialize(json::object{
                                {"team", of_team}, {"plan_name", "look"}, {"priority", priority}}));
    BOOST_TEST_REQUIRE(answer.status == 201, answer.body);
    return std::string{json::parse(answer.body).at("run").as_string()};
  }
  std::string state(const std::string& node, const std::string& run) {
    return std::string{json::parse(ask(node, "/v1/runs/" + run).body).at("state").as_string()};
  }
  /// What `node` says of `of`, in GET /v1/nodes.
  std::int64_t seen(const std::string& node, const std::string& of, const char* what) {
    const auto answer = json::parse(ask(node, "/v1/nodes").body);
    for (const auto& one : answer.at("nodes").as_array())
      if (one.at("name").as_string() == of) return one.at(what).to_number<std::int64_t>();
    return -1;
  }
  /// The sum over all labels.
  int metric(const std::string& node, const std::string& name) {
    return sum_of(name, ask(node, "/metrics").body);
  }
  static int sum_of(const std::string& name, const std::string& metrics) {
    std::istringstream lines{metrics};
    double sum = 0;
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(name) && (line[name.size()] == ' ' || line[name.size()] == '{'))
        sum += std::stod(line.substr(line.rfind(' ')));
    return static_cast<int>(sum);
  }
  int assigned(const std::string& node) { return metric(node, "troupe_attempts_assigned_total"); }
  int under_way(const std::string& node) {
    const auto metrics = ask(node, "/metrics").body;
    return sum_of("troupe_attempts_assigned_total", metrics) -
           sum_of("troupe_attempts_ended_total", metrics);
  }
  double resident_mib(const std::string& node) {
    std::ifstream file{"/proc/" + std::to_string(nodes.at(node)->process().pid()) + "/status"};
    for (std::string word; file >> word;)
      if (double kib = 0; word == "VmRSS:" && file >> kib) return kib / 1024;
    return 0;
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(what_a_slow_agent_cannot_take_waits_visibly_and_not_with_it) {
  SlowAgent cluster;
  cluster.start("orchestrator-1", true);
  cluster.start("agent-1", false);
  auto& node = *cluster.nodes.at("orchestrator-1");
  const std::string o = "orchestrator-1";
  const auto before = cluster.submit(o, "one", "normal");
  BOOST_TEST_REQUIRE(
      node.process().reaches([&] { return cluster.state(o, before) == "completed"; }), node);
  const auto memory = cluster.resident_mib("agent-1");
  for (int i = 0; i < backlog; ++i) cluster.submit(o, "one", "normal");

  const auto ended_before = cluster.metric(o, "troupe_attempts_ended_total");
  BOOST_TEST_REQUIRE(node.process().reaches([&] {
    const auto now_under_way = cluster.under_way(o);
    BOOST_TEST(now_under_way <= slots);
    BOOST_TEST(cluster.seen(o, "agent-1", "mailbox") <= 2 * slots);
    BOOST_TEST(cluster.seen(o, o, "mailbox") <= 4 * slots);
    return cluster.metric(o, "troupe_attempts_ended_total") >= ended_before + 3 * slots;
  }),
                     node);
  BOOST_TEST(cluster.resident_mib("agent-1") < memory + 4);
  const auto waiting = cluster.metric(o, "troupe_steps_waiting_for_node");
  BOOST_TEST(waiting > backlog / 2);
  BOOST_TEST(cluster.seen(o, o, "steps_waiting") > backlog / 2);

  const auto begun = cluster.assigned(o);
  const auto other = cluster.submit(o, "other", "normal");
  const auto urgent = cluster.submit(o, "one", "high");
  BOOST_TEST_REQUIRE(
      node.process().reaches([&] { return cluster.state(o, urgent) == "completed"; }), node);
  BOOST_TEST_REQUIRE(node.process().reaches([&] { return cluster.state(o, other) == "completed"; }),
                     node);
  BOOST_TEST(cluster.assigned(o) - begun <= 4 * slots);
}

BOOST_AUTO_TEST_CASE(who_waits_at_one_orchestrator_does_not_starve_who_waits_at_another) {
  SlowAgent cluster;
  const std::string first = "orchestrator-1", second = "orchestrator-2";
  cluster.start(first, true);
  cluster.start(second, true);
  cluster.start("agent-1", false);
  auto& node = *cluster.nodes.at(second);
  for (int i = 0; i < 100; ++i) cluster.submit(first, "one", "normal");
  BOOST_TEST_REQUIRE(node.process().reaches([&] { return cluster.under_way(first) == slots; }),
                     node);
  const auto begun = cluster.assigned(first);
  const auto urgent = cluster.submit(second, "one", "high");
  const auto other = cluster.submit(second, "other", "normal");
  for (const auto& run : {urgent, other})
    BOOST_TEST_REQUIRE(
        node.process().reaches([&] { return cluster.state(second, run) == "completed"; }), node);
  BOOST_TEST(cluster.assigned(first) - begun <= 8 * slots);
}
