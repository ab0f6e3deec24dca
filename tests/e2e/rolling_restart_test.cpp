// Every node of a cluster is restarted in turn, in order (SIGTERM), while runs go on.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/nats_server.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/troupe_process.hpp"

using namespace troupe;
using support::TroupeProcess;
namespace json = boost::json;

namespace {

std::string look_at(const char* service, int times) {
  std::string plan = "plan: look\nsteps:\n";
  for (int i = 1; i <= times; ++i)
    plan += "  - { id: s" + std::to_string(i) +
            ", tool: service.status, with: { service: " + service + " } }\n";
  return plan;
}

/// Two orchestrators and two agents; their one tool takes half a second, or half a minute.
struct RollingCluster {
  support::NatsServer nats;
  support::PostgresServer& postgres = support::PostgresServer::shared();
  std::string database = postgres.create_database();
  support::TemporaryFolder folder;
  std::map<std::string, std::unique_ptr<TroupeProcess>> nodes;
  std::map<std::string, std::string> urls;

  RollingCluster() {
    std::ofstream{folder.path() / "team.yaml"} << "team: test\nroles: { looker: { kind: native, "
                                                  "agent: validator, tools: [service.status] } }\n"
                                                  "plans: { look: look.yaml }\n";
    std::ofstream{folder.path() / "look.yaml"} << look_at("quick", 1);
    for (const auto* name : {"orchestrator-1", "orchestrator-2", "agent-1", "agent-2"}) start(name);
  }

  void start(const std::string& name) {
    const bool orchestrator = name.starts_with("orchestrator");
    const auto service = [&](const char* seconds) {
      return json::object{{"start", json::array{"/bin/true"}},
                          {"check", json::array{"/bin/sleep", seconds}},
                          {"pid_file", (folder.path() / "pid").string()}};
    };
    json::object settings{
        {"node",
         {{"name", name},
          {"orchestrator", orchestrator},
          {"agent", !orchestrator},
          {"drain", "15s"}}},
        {"nats", {{"url", nats.url()}}},
        {"data_dir", (folder.path() / name).string()},
        {"toolkits",
         {{"service", {{"services", {{"quick", service("0.5")}, {"long", service("30")}}}}}}}};
    if (orchestrator) {
      settings["postgres"] = {{"url", database}};
      settings["http"] = {{"listen", "127.0.0.1:0"}};
      settings["teams"] = json::array{(folder.path() / "team.yaml").string()};
    }
    const auto file = (folder.path() / (name + ".json")).string();
    std::ofstream{file} << json::serialize(settings);
    nodes[name] = std::make_unique<TroupeProcess>(
        std::vector<std::string>{"node", "--config", file, "--json"});
    const auto line = nodes[name]->ready_line();
    BOOST_TEST_REQUIRE(line.has_value(), *nodes[name]);
    const auto ready = json::parse(*line);
    if (orchestrator) urls[name] = std::string{ready.at("http").as_string()};
  }

  std::string ask(const std::string& node, std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--json", "--server", urls.at(node)});
    TroupeProcess process{std::move(arguments)};
    process.exit_code();
    return process.output();
  }
  std::string submit(const std::string& node, const std::string& plan) {
    const auto file = (folder.path() / "plan.yaml").string();
    std::ofstream{file} << plan;
    const auto answer = ask(node, {"run", file, "--detach"});
    json::error_code error;
    const auto value = json::parse(answer, error);
    BOOST_TEST_REQUIRE(!error, answer);
    return std::string{value.at("run").as_string()};
  }
  json::value run(const std::string& id) const {
    json::error_code error;
    auto value = json::parse(ask("orchestrator-1", {"runs", "show", id}), error);
    return error ? json::value{json::object{{"state", "?"}}} : value;
  }
  std::string state(const std::string& id) const {
    return std::string{run(id).at("state").as_string()};
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_rolling_restart_of_every_node_costs_no_attempt) {
  RollingCluster cluster;
  std::vector<std::string> runs;
  for (const auto* name : {"orchestrator-1", "agent-1", "orchestrator-2", "agent-2"})
    BOOST_TEST_CONTEXT("restarted: " << name) {
      const std::string by =
          std::string{name} == "orchestrator-1" ? "orchestrator-2" : "orchestrator-1";
      for (int i = 0; i < 4; ++i) runs.push_back(cluster.submit(by, look_at("quick", 4)));
      auto& node = *cluster.nodes.at(name);
      BOOST_TEST_REQUIRE(cluster.nodes.at(name)->process().reaches(
          [&] { return cluster.state(runs.back()) != "?"; }, std::chrono::seconds{20}));
      ::kill(node.process().pid(), SIGTERM);
      BOOST_TEST_REQUIRE(node.exit_code(std::chrono::seconds{30}) == 0, node);
      cluster.start(name);
    }
  for (const auto& id : runs) {
    auto& any = *cluster.nodes.at("orchestrator-1");
    BOOST_TEST_REQUIRE(any.process().reaches([&] { return cluster.state(id) == "completed"; }),
                       any);
    const auto shown = cluster.run(id);
    for (const auto& step : shown.at("tree").at("children").as_array())
      for (const auto& attempt : step.at("attempts").as_array()) {
        const auto how = std::string{attempt.at("state").as_string()};
        BOOST_TEST((how == "completed" || how == "returned"), how + " in run " + id);
      }
  }
}

BOOST_AUTO_TEST_CASE(a_second_signal_ends_a_draining_node_at_once) {
  RollingCluster cluster;
  const auto run = cluster.submit("orchestrator-1", look_at("long", 1));
  const auto node_of = [&]() -> std::string {
    const auto shown = cluster.run(run);
    const auto* tree = shown.as_object().if_contains("tree");
    if (tree == nullptr) return "";
    const auto& attempts = tree->at("children").at(0).at("attempts").as_array();
    return attempts.empty() ? "" : std::string{attempts.back().at("node").as_string()};
  };
  auto& any = *cluster.nodes.at("orchestrator-1");
  std::string where;
  BOOST_TEST_REQUIRE(any.process().reaches([&] { return !(where = node_of()).empty(); }), any);
  auto& node = *cluster.nodes.at(where);
  BOOST_TEST_REQUIRE(node.says("\"tool.call\""), node);
  ::kill(node.process().pid(), SIGTERM);
  BOOST_TEST_REQUIRE(node.says("node.stopping"), node);
  ::kill(node.process().pid(), SIGTERM);
  BOOST_TEST(node.exit_code(std::chrono::seconds{8}) == 0, node);
}
