// A cluster of real processes whose work is to sleep.
#pragma once
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/launch_node.hpp"
#include "tests/support/nats_server.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/troupe_process.hpp"

namespace troupe::e2e {

using support::TroupeProcess;
namespace json = boost::json;

/// A plan that calls the tool so many times, one after the other.
inline std::string look_at(const char* service, int times, const std::string& more = "") {
  std::string plan = "plan: look\nsteps:\n";
  for (int i = 1; i <= times; ++i)
    plan += "  - { id: s" + std::to_string(i) +
            ", tool: service.status, with: { service: " + service + " }" + more + " }\n";
  return plan;
}

/// Two orchestrators and two agents; their one tool takes half a second, six seconds, or half a
/// minute.
struct SleepingCluster {
  support::NatsServer nats;
  support::PostgresServer& postgres = support::PostgresServer::shared();
  std::string database = postgres.create_database();
  support::TemporaryFolder folder;
  std::map<std::string, std::unique_ptr<TroupeProcess>> nodes;
  std::map<std::string, std::string> urls;
  std::string asked = "orchestrator-1"; // about runs

  json::array limits; // of the orchestrators

  explicit SleepingCluster(json::array keyed_limits = {}) : limits(std::move(keyed_limits)) {
    std::ofstream{folder.path() / "team.yaml"} << "team: test\nroles: { looker: { kind: native, "
                                                  "agent: validator, tools: [service.status] } }\n"
                                                  "plans: { look: look.yaml }\n";
    std::ofstream{folder.path() / "look.yaml"} << look_at("quick", 1);
    for (const auto* name : {"orchestrator-1", "orchestrator-2", "agent-1", "agent-2"}) start(name);
  }

  /// All at once; whoever lives still has to end by itself, and in order.
  ~SleepingCluster() {
    for (auto& [name, node] : nodes) node->process().signal(SIGTERM);
    for (auto& [name, node] : nodes)
      BOOST_TEST(node->process().wait(std::chrono::seconds{25}).has_value(), *node);
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
         {{"service",
           {{"services",
             {{"quick", service("0.5")}, {"slow", service("6")}, {"long", service("30")}}}}}}}};
    if (orchestrator) {
      settings["postgres"] = {{"url", database}};
      settings["http"] = {{"listen", "127.0.0.1:0"}};
      settings["limits"] = limits;
      settings["teams"] = json::array{(folder.path() / "team.yaml").string()};
    }
    std::tie(nodes[name], urls[name]) = launch_node(folder.path(), name, settings);
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
    auto value = json::parse(ask(asked, {"runs", "show", id}), error);
    return error ? json::value{json::object{{"state", "?"}}} : value;
  }
  std::string state(const std::string& id) const {
    return std::string{run(id).at("state").as_string()};
  }
};

} // namespace troupe::e2e
