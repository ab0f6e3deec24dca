// A whole cluster on a locked bus: three nats-servers, and nodes that each have a key of their own.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fstream>

#include "tests/e2e/answers.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/secured_cluster.hpp"
#include "tests/support/troupe_process.hpp"

using namespace troupe;
using support::TroupeProcess;
namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr const char* plan =
    "plan: note\nsteps:\n"
    "  - { id: first, tool: ledger.once, with: { entry: first } }\n"
    "  - { id: pause, wait: { for: 3s } }\n"
    "  - { id: second, tool: ledger.once, with: { entry: second } }\n"
    "  - { id: third, tool: ledger.keyed, with: { entry: third } }\n"
    "  - { id: theirs, tool: notebook.write, with: { text: fourth } }\n";

const auto examples = std::filesystem::path{support::source_folder()} / "ops/examples/javascript";

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}
bool said(const std::filesystem::path& path, const char* words) {
  return text_of(path).find(words) != std::string::npos;
}

/// An orchestrator node, an agent node without a toolkit, a tool node, one in JavaScript, and a
/// gateway.
struct LockedCluster {
  support::SecuredCluster bus;
  std::string database = support::PostgresServer::shared().create_database();
  support::TemporaryFolder folder;
  std::string url;
  std::unique_ptr<TroupeProcess> orchestrator = started("orchestrator-1");
  std::unique_ptr<TroupeProcess> agent = started("agent-1"), tool = started("tool-1");
  std::unique_ptr<support::ChildProcess> notebook = foreign("notebook-1");
  std::unique_ptr<TroupeProcess> gateway = started("gateway-1"); // `url` is its own from here on

  std::unique_ptr<support::ChildProcess> foreign(const std::string& name) {
    BOOST_REQUIRE_MESSAGE(std::filesystem::exists(examples / "node_modules/nats"),
                          "the NATS client for JavaScript is missing; run ops/install test");
    support::ChildOptions options;
    options.argv = {
        "node",   examples / "tool.mjs", "--name", name,   "--url", bus.url(), "--ca", bus.ca(),
        "--seed", bus.seed(name),        "--file", pages()};
    options.output = folder.path() / "notebook.log";
    auto node = std::make_unique<support::ChildProcess>(options);
    BOOST_TEST_REQUIRE(node->reaches([&] { return said(options.output, "is ready"); }),
                       text_of(options.output));
    return node;
  }

  std::unique_ptr<TroupeProcess> start(const std::string& name, const std::string& key) {
    const bool owns = name.starts_with("orchestrator"), serves = name.starts_with("tool"),
               lets_in = name.starts_with("gateway");
    const auto seed = (folder.path() / (name + ".seed")).string(); // as on a machine of its own
    std::filesystem::copy_file(bus.seed(key), seed);
    json::object settings{
        {"node",
         {{"name", name},
          {"orchestrator", owns},
          {"agent", name.starts_with("agent")},
          {"tools", serves},
          {"gateway", lets_in}}},
        {"nats", {{"url", bus.url()}, {"tls_ca", bus.ca()}, {"nkey_seed_file", seed}}},
        {"data_dir", (folder.path() / name).string()},
        {"toolkits", {{"ledger", {{"file", ledger()}}}}}};
    if (owns || lets_in) settings["http"] = {{"listen", "127.0.0.1:0"}};
    if (owns) {
      std::ofstream{folder.path() / "team.yaml"}
          << "team: test\nroles: { noter: { kind: native, agent: "
             "validator, tools: [ledger.*, notebook.*] } }\n";
      settings["postgres"] = {{"url", database}};
      settings["teams"] = json::array{(folder.path() / "team.yaml").string()};
    }
    const auto file = (folder.path() / (name + ".json")).string();
    std::ofstream{file} << json::serialize(settings);
    return std::make_unique<TroupeProcess>(
        std::vector<std::string>{"node", "--config", file, "--json"});
  }
  std::unique_ptr<TroupeProcess> started(const std::string& name) {
    auto node = start(name, name);
    const auto line = node->ready_line();
    BOOST_TEST_REQUIRE(line.has_value(), *node);
    const auto ready = json::parse(*line);
    if (const auto& http = ready.at("http"); http.is_string()) url = std::string{http.as_string()};
    return node;
  }

  std::string ledger() const { return folder.path() / "ledger.jsonl"; }
  std::string pages() const { return folder.path() / "notebook.jsonl"; }
  std::vector<std::string> entries() const { return e2e::texts_in(ledger(), "entry"); }
  json::value ask(std::vector<std::string> arguments) const {
    return e2e::ask(url, std::move(arguments));
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_plan_runs_on_a_locked_bus_and_outlives_one_of_its_servers) {
  LockedCluster cluster;
  BOOST_TEST_REQUIRE(cluster.gateway->says("gateway.orchestrator_heard"), *cluster.gateway);
  BOOST_TEST_REQUIRE(cluster.orchestrator->says("events.read"), *cluster.orchestrator);
  const auto event = (cluster.folder.path() / "event.json").string();
  std::ofstream{event} << "{}";
  BOOST_TEST(cluster.ask({"inject", event, "--in", "ci"}).at("kept") == true);
  const auto file = (cluster.folder.path() / "plan.yaml").string();
  std::ofstream{file} << plan;
  const auto run = std::string{cluster.ask({"run", file, "--detach"}).at("run").as_string()};
  auto& owner = *cluster.orchestrator;
  const auto in_the_pause = [&] { // no answer is on its way: a lost one is waited for long
    return owner.output().find(R"("step.completed")") != std::string::npos;
  };
  BOOST_TEST_REQUIRE(owner.process().reaches(in_the_pause),
                     owner << *cluster.agent << *cluster.tool);
  cluster.bus.kill(0);
  json::value shown;
  const auto is_over = [&] {
    shown = cluster.ask({"runs", "show", run});
    const auto* at = shown.as_object().if_contains("finished_at");
    return at != nullptr && !at->is_null();
  };
  BOOST_TEST_REQUIRE(owner.process().reaches(is_over, 150s),
                     json::serialize(shown) << owner << *cluster.agent << *cluster.tool);
  BOOST_TEST(shown.at("state") == "completed", json::serialize(shown));
  BOOST_TEST((cluster.entries() == std::vector<std::string>{"first", "second", "third"}));
  BOOST_TEST((e2e::texts_in(cluster.pages(), "text") == std::vector<std::string>{"fourth"}));
  for (const auto* node : {cluster.orchestrator.get(), cluster.agent.get(), cluster.tool.get(),
                           cluster.gateway.get()}) {
    const auto said = node->output(); // nothing that a node does lacks a permission
    BOOST_TEST(said.find("bus.not_permitted") == std::string::npos, *node);
    BOOST_TEST(said.find("bus.refused") == std::string::npos, *node);
    for (const auto* name : {"orchestrator-1", "agent-1", "tool-1", "gateway-1"})
      BOOST_TEST(said.find(text_of(cluster.bus.seed(name)).substr(0, 58)) == std::string::npos);
  }

  // A key lets in its own node alone, and none once it is revoked.
  auto stranger = cluster.start("agent-2", "tool-1");
  BOOST_TEST(stranger->exit_code() == 77, *stranger);
  BOOST_TEST(stranger->says("_INBOX.agent-2"), *stranger);
  cluster.bus.keys({"revoke", "agent-1"});
  cluster.bus.reload();
  BOOST_TEST(cluster.agent->says("refused us (Authorization Violation)"), *cluster.agent);
}
