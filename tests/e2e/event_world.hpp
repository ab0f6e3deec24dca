// A cluster that takes injected events: NATS with JetStream, Postgres, and the nodes that a test
// starts.
#pragma once
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <future>
#include <set>

#include "net/bus/nats_bus.hpp"
#include "tests/e2e/answers.hpp"
#include "tests/e2e/launch_node.hpp"
#include "tests/support/nats_server.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/troupe_process.hpp"

namespace troupe::e2e {

using support::TroupeProcess;
namespace json = boost::json;
using namespace std::chrono_literals;

inline constexpr const char* plan = R"(plan: built
inputs: { version: { type: string }, by: { type: string } }
steps: [{ id: look, agent: looker, when: "${{ inputs.version == 'none' }}" }]
)";
inline constexpr const char* team = R"(team: test
roles: { looker: { kind: native, agent: validator, tools: [service.status] } }
plans: { built: built.yaml }
alerts: [{ plan: built, inputs: { version: "${{ alert.labels.version }}", by: alertmanager } }]
events:
  - in: ci
    match: { type: build.* }
    plan: built
    inputs: { version: "${{ event.data.version }}", by: "${{ injected.by }}" }
)";
inline constexpr const char* alert =
    R"({"version":"4","groupKey":"g","receiver":"r","commonLabels":{},"alerts":[
  {"status":"firing","labels":{"version":"9"},"annotations":{},"startsAt":"2026-11-20T18:46:51Z",
   "endsAt":"0001-01-01T00:00:00Z","fingerprint":"00000000000000ab"}]})";

using Headers = std::vector<std::pair<std::string, std::string>>;

struct EventWorld {
  support::TemporaryFolder folder;
  support::NatsServer nats{"jetstream { store_dir: \"" + (folder.path() / "jetstream").string() +
                           "\" }"};
  std::string database = support::PostgresServer::shared().create_database();
  std::unique_ptr<ports::Bus> bus = connect();
  std::unique_ptr<TroupeProcess> node;
  std::string url;

  EventWorld() {
    std::ofstream{folder.path() / "built.yaml"} << plan;
    std::ofstream{folder.path() / "team.yaml"} << team;
  }
  std::unique_ptr<ports::Bus> connect() const {
    bus::NatsOptions options;
    options.url = nats.url();
    return *bus::connect(options);
  }
  /// A node with the modes that `settings` say, and where its HTTP is.
  std::pair<std::unique_ptr<TroupeProcess>, std::string> launch(const std::string& name,
                                                                json::object settings) const {
    settings["nats"] = {{"url", nats.url()}};
    settings["http"] = {{"listen", "127.0.0.1:0"}};
    settings["data_dir"] = (folder.path() / name).string();
    return launch_node(folder.path(), name, settings);
  }
  std::pair<std::unique_ptr<TroupeProcess>, std::string> launch_orchestrator(
      const std::string& name) const {
    auto launched = launch(name, {{"node", {{"name", name}}},
                                  {"postgres", {{"url", database}}},
                                  {"teams", {(folder.path() / "team.yaml").string()}}});
    BOOST_TEST_REQUIRE(launched.first->says("events.read"), *launched.first);
    return launched;
  }
  void start(const std::string& name) { std::tie(node, url) = launch_orchestrator(name); }
  void end(int signal) {
    ::kill(node->process().pid(), signal);
    node->exit_code(30s);
  }
  /// Kept by the stream, as its server says.
  bool inject(const std::string& source, std::string payload, Headers headers = {}) const {
    std::promise<bool> kept;
    bus->request(
        {"troupe.default.in." + source + ".ci-1", "", std::move(headers), std::move(payload)}, 5s,
        [&](Result<ports::BusMessage> answer) {
          kept.set_value(answer && json::parse(answer->payload).as_object().contains("seq"));
        });
    return kept.get_future().get();
  }
  bool inject_build(const std::string& id, const std::string& version) const {
    return inject("ci", R"({"version":")" + version + R"("})",
                  {{"ce-specversion", "1.0"},
                   {"ce-id", id},
                   {"ce-source", "/ci"},
                   {"ce-type", "build.done"}});
  }
  json::array jobs() const {
    return e2e::ask(url, {"jobs", "list", "--limit", "1000"}).at("jobs").as_array();
  }
  json::array letters() const {
    return e2e::ask(url, {"dead-letters"}).at("dead_letters").as_array();
  }
  std::string told() const { // "9 by alertmanager, ..", in the order of the versions
    std::set<std::string> texts;
    for (const auto& job : jobs()) {
      const auto& inputs = job.at("inputs");
      texts.insert(std::string{inputs.at("version").as_string()} + " by " +
                   std::string{inputs.at("by").as_string()});
    }
    std::string out;
    for (const auto& text : texts) out += text + ", ";
    return out;
  }
};

} // namespace troupe::e2e
