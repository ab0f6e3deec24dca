// An agent and a tool server in JavaScript (ops/examples/javascript) join a cluster of ours.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>

#include "net/bus/nats_bus.hpp"
#include "runtime/json_schema.hpp"
#include "runtime/message/codec.hpp"
#include "runtime/message/schema.hpp"
#include "tests/e2e/answers.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/nats_server.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/troupe_process.hpp"

using namespace troupe;
using support::TroupeProcess;
namespace fs = std::filesystem;
namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

const fs::path examples = fs::path{support::source_folder()} / "ops/examples/javascript";

std::string read(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// A program of the examples; it says when it is ready.
class JavaScriptNode {
 public:
  JavaScriptNode(const std::string& script, const fs::path& log, std::vector<std::string> options)
      : log_{log} {
    BOOST_REQUIRE_MESSAGE(fs::exists(examples / "node_modules/nats"),
                          "the NATS client for JavaScript is missing; run ops/install test");
    options.insert(options.begin(), {"node", (examples / script).string()});
    process_ = std::make_unique<support::ChildProcess>(
        support::ChildOptions{std::move(options), {}, {}, log, std::nullopt});
    BOOST_REQUIRE_MESSAGE(process_->reaches([&] { return said("is ready"); }),
                          script << ": " << read(log_));
  }
  support::ChildProcess& process() { return *process_; }
  bool said(const std::string& words) const { return read(log_).find(words) != std::string::npos; }

 private:
  fs::path log_;
  std::unique_ptr<support::ChildProcess> process_;
};

/// Everything that goes over the bus, answers too.
class Eavesdropper {
 public:
  explicit Eavesdropper(ports::Bus& bus) {
    for (const auto* subject : {"troupe.>", "_INBOX.>"}) {
      auto heard = bus.subscribe(subject, "", [this](ports::BusMessage message) {
        const std::lock_guard lock{mutex_};
        heard_.push_back(std::move(message));
      });
      BOOST_REQUIRE(heard.ok());
      subscriptions_.push_back(std::move(*heard));
    }
  }
  std::vector<ports::BusMessage> heard() const {
    const std::lock_guard lock{mutex_};
    return heard_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<ports::BusMessage> heard_;
  std::vector<std::unique_ptr<ports::BusSubscription>> subscriptions_;
};

/// An orchestrator and an agent node of ours; the programs of the examples, once they are started.
struct MixedCluster {
  support::NatsServer nats;
  std::string database = support::PostgresServer::shared().create_database();
  support::TemporaryFolder folder;
  std::string url; // of the orchestrator
  int plans = 0, logs = 0;
  std::unique_ptr<TroupeProcess> orchestrator = start("orchestrator-1", true);
  std::unique_ptr<TroupeProcess> agent = start("agent-1", false);
  std::unique_ptr<JavaScriptNode> scribe, notebook;

  std::unique_ptr<TroupeProcess> start(const std::string& name, bool owns) {
    json::object settings{{"node", {{"name", name}, {"orchestrator", owns}, {"agent", !owns}}},
                          {"nats", {{"url", nats.url()}}},
                          {"data_dir", (folder.path() / name).string()},
                          {"toolkits", {{"workspace", json::object{}}}}};
    if (owns) {
      settings["postgres"] = {{"url", database}};
      settings["http"] = {{"listen", "127.0.0.1:0"}};
      settings["teams"] = json::array{(examples / "team.yaml").string()};
    }
    const auto file = (folder.path() / (name + ".json")).string();
    std::ofstream{file} << json::serialize(settings);
    auto node = std::make_unique<TroupeProcess>(
        std::vector<std::string>{"node", "--config", file, "--json"});
    const auto line = node->ready_line();
    BOOST_TEST_REQUIRE(line.has_value(), *node);
    if (owns) url = std::string{json::parse(*line).at("http").as_string()};
    return node;
  }
  std::unique_ptr<JavaScriptNode> start_script(const std::string& script,
                                               std::vector<std::string> options) {
    options.insert(options.end(), {"--url", nats.url()});
    const auto log = script + '-' + std::to_string(++logs) + ".log";
    return std::make_unique<JavaScriptNode>(script, folder.path() / log, std::move(options));
  }
  void start_scribe() { scribe = start_script("agent.mjs", {"--again", "3000"}); }
  void start_notebook(const std::string& takes = "0") {
    notebook = start_script("tool.mjs", {"--file", pages(), "--takes", takes});
  }
  std::string said_by_scripts() const {
    std::string out;
    for (const auto& entry : fs::directory_iterator{folder.path()})
      if (entry.path().extension() == ".log")
        out += entry.path().filename().string() + ":\n" + read(entry.path());
    return out;
  }

  std::string pages() const { return folder.path() / "notebook.jsonl"; }
  std::vector<std::string> lines() const { return e2e::texts_in(pages(), "text"); }

  json::value ask(std::vector<std::string> arguments) const {
    return e2e::ask(url, std::move(arguments));
  }
  std::string submit(const std::string& steps) {
    const auto file = (folder.path() / ("plan-" + std::to_string(++plans) + ".yaml")).string();
    std::ofstream{file} << "plan: note\nsteps:\n" << steps;
    return std::string{ask({"run", file, "--detach"}).at("run").as_string()};
  }
  json::value ended(const std::string& run, std::chrono::milliseconds bound = 60s) {
    json::value shown;
    const auto is_over = [&] {
      shown = ask({"runs", "show", run});
      const auto* at = shown.as_object().if_contains("finished_at");
      return at != nullptr && !at->is_null();
    };
    BOOST_TEST_REQUIRE(orchestrator->process().reaches(is_over, bound),
                       json::serialize(shown) << *orchestrator << said_by_scripts());
    return shown;
  }
};

const json::value& step(const json::value& run, std::size_t index) {
  return run.at("tree").at("children").at(index);
}

/// "notebook.write settled" of each activity.
std::vector<std::string> activities(const json::value& step) {
  std::vector<std::string> out;
  for (const auto& activity : step.at("activities").as_array())
    out.push_back(std::string{activity.at("tool").as_string()} + ' ' +
                  std::string{activity.at("state").as_string()});
  return out;
}

std::unique_ptr<ports::Bus> connect(const support::NatsServer& nats) {
  bus::NatsOptions options;
  options.url = nats.url();
  options.inbox_prefix = "_INBOX.test";
  auto bus = bus::connect(options);
  BOOST_REQUIRE(bus.ok());
  return std::move(*bus);
}

/// The services that answer, as "<name> <node>".
std::set<std::string> discovered(ports::Bus& bus, const std::string& subject, std::size_t expected,
                                 std::vector<json::value>* answers = nullptr) {
  std::mutex mutex;
  std::set<std::string> names;
  const auto answered = bus.subscribe("answers.discovery", "", [&](ports::BusMessage message) {
    const std::lock_guard lock{mutex};
    const auto answer = json::parse(message.payload);
    names.insert(std::string{answer.at("name").as_string()} + ' ' +
                 std::string{answer.at("metadata").at("node").as_string()});
    if (answers != nullptr) answers->push_back(answer);
  });
  BOOST_REQUIRE(answered.ok());
  BOOST_REQUIRE(bus.publish({subject, "answers.discovery", {}, ""}).ok());
  support::eventually([&] {
    const std::lock_guard lock{mutex};
    return names.size() >= expected;
  });
  const std::lock_guard lock{mutex};
  return names;
}

const std::string by_scribe = "  - { id: theirs, agent: scribe, task: { text: one } }\n";
const std::string by_us = "  - { id: ours, tool: notebook.write, with: { text: two } }\n";

} // namespace

BOOST_AUTO_TEST_CASE(an_agent_and_a_tool_of_another_language_do_the_work_of_a_plan) {
  MixedCluster cluster;
  const auto bus = connect(cluster.nats);
  const Eavesdropper ear{*bus};
  cluster.start_notebook();
  cluster.start_scribe();
  const auto run = cluster.ended(cluster.submit(by_scribe + by_us));

  BOOST_TEST(run.at("state") == "completed", json::serialize(run));
  BOOST_TEST((cluster.lines() == std::vector<std::string>{"one", "two"}));
  BOOST_TEST(json::serialize(step(run, 0).at("output")) == R"({"line":1,"before":0})");
  BOOST_TEST(step(run, 0).at("attempts").at(0).at("node") == "scribe-1");
  BOOST_TEST(step(run, 1).at("attempts").at(0).at("node") == "agent-1");
  BOOST_TEST((activities(step(run, 0)) ==
              std::vector<std::string>{"notebook.read recorded", "notebook.write settled"}));
  BOOST_TEST((activities(step(run, 1)) == std::vector<std::string>{"notebook.write settled"}));

  std::set<std::string> theirs; // every word they said is one of the protocol
  for (const auto& message : ear.heard()) {
    const auto said = message::decode(message.payload);
    if (!said && message.payload.find("\"v\"") == std::string::npos) continue; // no AgentMessage
    if (!said) BOOST_FAIL(message.payload << ": " << said.error().message);
    if (!said->sender.starts_with("scribe-1/") && !said->sender.starts_with("notebook-1/"))
      continue;
    const std::string type{type_name(said->body)};
    if (!theirs.insert(type).second) continue; // the schema is read anew each time
    for (const auto& fault : schema_faults(message::message_schema(), JsonText{message.payload}))
      BOOST_ERROR(message.payload << ": " << fault);
  }
  for (const auto* type : {"node.heartbeat", "task.accepted", "task.progress", "task.completed",
                           "tool.call", "tool.result", "activity.reserve", "activity.settle"})
    BOOST_TEST(theirs.contains(type), type);
}

BOOST_AUTO_TEST_CASE(nodes_of_any_language_are_listed_and_answer_service_discovery) {
  MixedCluster cluster;
  const auto bus = connect(cluster.nats);
  cluster.start_notebook();
  cluster.start_scribe();
  BOOST_TEST(cluster.ended(cluster.submit(by_us)).at("state") == "completed");

  std::map<std::string, json::value> nodes;
  const auto listed = cluster.ask({"nodes"});
  for (const auto& node : listed.at("nodes").as_array())
    nodes[std::string{node.at("name").as_string()}] = node;
  BOOST_TEST(nodes.size() == 4U);
  BOOST_TEST(json::serialize(nodes.at("scribe-1").at("roles")) == R"(["scribe"])");
  BOOST_TEST(nodes.at("scribe-1").at("free_slots").to_number<int>() == 4);
  BOOST_TEST(nodes.at("notebook-1").at("slots").to_number<int>() == 0);
  BOOST_TEST(nodes.at("notebook-1").at("tools").as_array().size() == 4U);
  BOOST_TEST(json::serialize(nodes.at("agent-1").at("kinds")) == R"(["native","runbook"])");

  const std::set<std::string> all{"troupe-agent agent-1", "troupe-agent scribe-1",
                                  "troupe-tool-notebook notebook-1",
                                  "troupe-tool-workspace agent-1"};
  for (const auto* verb : {"PING", "INFO", "STATS"})
    BOOST_TEST((discovered(*bus, std::string{"$SRV."} + verb, all.size()) == all), verb);
  std::vector<json::value> stats;
  discovered(*bus, "$SRV.STATS.troupe-agent", 2, &stats);
  for (const auto& of : stats) {
    if (of.at("metadata").at("node") != "agent-1") continue;
    BOOST_TEST(of.at("type") == "io.nats.micro.v1.stats_response");
    const auto& task = of.at("endpoints").at(0);
    BOOST_TEST(task.at("subject") == "troupe.default.task.agent-1.*");
    BOOST_TEST(task.at("num_requests").to_number<int>() >= 1);
    BOOST_TEST(task.at("num_errors").to_number<int>() == 0);
    BOOST_TEST(task.at("processing_time").to_number<std::int64_t>() > 0);
    const auto alone = "$SRV.PING.troupe-agent." + std::string{of.at("id").as_string()};
    BOOST_TEST((discovered(*bus, alone, 1) == std::set<std::string>{"troupe-agent agent-1"}));
  }
}

BOOST_AUTO_TEST_CASE(
    what_a_tool_was_about_to_settle_when_it_died_is_repeated_looked_up_or_unknown) {
  MixedCluster cluster;
  cluster.start_notebook("600000"); // each call has its effect and then lasts
  cluster.start_scribe();
  std::map<std::string, std::string> runs;
  for (const std::string how : {"write", "append", "shout"})
    runs[how] = cluster.submit("  - { id: theirs, agent: scribe, task: { text: " + how +
                               ", how: " + how + " } }\n");
  BOOST_REQUIRE(cluster.notebook->process().reaches([&] { return cluster.lines().size() == 3; }));
  cluster.notebook->process().stop(SIGKILL);
  cluster.start_notebook();

  const auto written = cluster.ended(runs["write"]); // keyed: again, and the sink knows its key
  BOOST_TEST(written.at("state") == "completed", json::serialize(written));
  BOOST_TEST(activities(step(written, 0)).back() == "notebook.write settled");
  const auto appended = cluster.ended(runs["append"]); // once, and its tool finds that it happened
  BOOST_TEST(appended.at("state") == "completed", json::serialize(appended));
  BOOST_TEST(activities(step(appended, 0)).back() == "notebook.append settled");
  const auto shouted = cluster.ended(runs["shout"]); // once, and nobody can tell
  BOOST_TEST(shouted.at("state") != "completed");
  BOOST_TEST(step(shouted, 0).at("error").at("class") == "outcome_unknown",
             json::serialize(shouted));
  BOOST_TEST(activities(step(shouted, 0)).back() == "notebook.shout unknown");

  auto lines = cluster.lines();
  std::sort(lines.begin(), lines.end());
  BOOST_TEST((lines == std::vector<std::string>{"SHOUT", "append", "write"}));
}
