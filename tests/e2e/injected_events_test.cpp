// Events that are injected on the bus become jobs, each once, whoever is up or dies meanwhile.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <future>
#include <set>

#include "net/bus/nats_bus.hpp"
#include "tests/e2e/answers.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/nats_server.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/troupe_process.hpp"

using namespace troupe;
using support::TroupeProcess;
namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr const char* plan = R"(plan: built
inputs: { version: { type: string }, by: { type: string } }
steps: [{ id: look, agent: looker, when: "${{ inputs.version == 'none' }}" }]
)";
constexpr const char* team = R"(team: test
roles: { looker: { kind: native, agent: validator, tools: [service.status] } }
plans: { built: built.yaml }
alerts: [{ plan: built, inputs: { version: "${{ alert.labels.version }}", by: alertmanager } }]
events:
  - in: ci
    match: { type: build.* }
    plan: built
    inputs: { version: "${{ event.data.version }}", by: "${{ injected.by }}" }
)";
constexpr const char* alert =
    R"({"version":"4","groupKey":"g","receiver":"r","commonLabels":{},"alerts":[
  {"status":"firing","labels":{"version":"9"},"annotations":{},"startsAt":"2026-11-20T18:46:51Z",
   "endsAt":"0001-01-01T00:00:00Z","fingerprint":"00000000000000ab"}]})";

using Headers = std::vector<std::pair<std::string, std::string>>;

struct World {
  support::TemporaryFolder folder;
  support::NatsServer nats{"jetstream { store_dir: \"" + (folder.path() / "jetstream").string() +
                           "\" }"};
  std::string database = support::PostgresServer::shared().create_database();
  std::unique_ptr<ports::Bus> bus = connect();
  std::unique_ptr<TroupeProcess> node;
  std::string url;

  World() {
    std::ofstream{folder.path() / "built.yaml"} << plan;
    std::ofstream{folder.path() / "team.yaml"} << team;
  }
  std::unique_ptr<ports::Bus> connect() const {
    bus::NatsOptions options;
    options.url = nats.url();
    return *bus::connect(options);
  }
  void start(const std::string& name) {
    const json::object settings{{"node", {{"name", name}}},
                                {"nats", {{"url", nats.url()}}},
                                {"postgres", {{"url", database}}},
                                {"http", {{"listen", "127.0.0.1:0"}}},
                                {"teams", {(folder.path() / "team.yaml").string()}},
                                {"data_dir", (folder.path() / name).string()}};
    const auto file = (folder.path() / (name + ".json")).string();
    std::ofstream{file} << json::serialize(settings);
    node = std::make_unique<TroupeProcess>(
        std::vector<std::string>{"node", "--config", file, "--json"});
    const auto line = node->ready_line();
    BOOST_TEST_REQUIRE(line.has_value(), *node);
    url = std::string{json::parse(*line).at("http").as_string()};
    BOOST_TEST_REQUIRE(node->says("events.read"), *node);
  }
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

} // namespace

BOOST_AUTO_TEST_CASE(
    events_injected_while_no_node_is_up_become_jobs_and_what_fits_nowhere_is_kept) {
  World world;
  world.start("node-1");
  world.end(SIGTERM);
  BOOST_TEST(world.inject("ci", R"({"specversion":"1.0","id":"1","source":"/ci","type":"build.done",
                                    "data":{"version":"1"}})"));
  for (int again = 0; again < 2; ++again) BOOST_TEST(world.inject_build("2", "2"));
  BOOST_TEST(world.inject("alertmanager", alert));
  BOOST_TEST(world.inject("ci", R"({"version":"4"})")); // of type ci, which no route has
  BOOST_TEST(world.inject("ci", "no JSON"));

  world.start("node-2");
  BOOST_TEST_REQUIRE(support::eventually([&] { return world.letters().size() == 2; }), *world.node);
  BOOST_TEST_REQUIRE(support::eventually([&] { return world.jobs().size() == 3; }), *world.node);
  BOOST_TEST(world.told() == "1 by ci-1, 2 by ci-1, 9 by alertmanager, ");
  const auto letters = world.letters();
  BOOST_TEST(letters[0].at("reason").as_string().starts_with("the payload is not JSON"));
  BOOST_TEST(letters[1].at("reason").as_string().starts_with("no team of this node has a route"));
  const auto id = std::string{letters[1].at("id").as_string()};
  const auto shown = e2e::ask(world.url, {"dead-letters", "show", id});
  BOOST_TEST(shown.at("event").at("payload").as_string() == R"({"version":"4"})");

  // The route is mended; then the letter is an event like any other.
  world.end(SIGTERM);
  std::ofstream{world.folder.path() / "team.yaml", std::ios::app}
      << "  - { in: ci, plan: built, inputs: { version: \"${{ event.data.version }}\", by: me } "
         "}\n";
  world.start("node-3");
  BOOST_TEST(e2e::ask(world.url, {"dead-letters", "retry", id}).at("duplicate") == false);
  BOOST_TEST(world.letters().size() == 1u);
  BOOST_TEST(world.told() == "1 by ci-1, 2 by ci-1, 4 by me, 9 by alertmanager, ");
}

BOOST_AUTO_TEST_CASE(a_node_that_is_killed_while_it_takes_events_loses_none_and_repeats_none) {
  World world;
  world.start("node-1");
  constexpr int events = 600;
  for (int i = 0; i < events; ++i) {
    BOOST_TEST_REQUIRE(world.inject_build(std::to_string(i), std::to_string(i)));
    if (i == events / 2) world.end(SIGKILL);
  }
  world.start("node-2");
  BOOST_TEST(support::eventually([&] { return world.jobs().size() >= events; }, 60s), *world.node);
  BOOST_TEST(world.jobs().size() == events);
  BOOST_TEST(world.letters().empty());
}

BOOST_AUTO_TEST_CASE(a_person_injects_an_event_through_a_node) {
  World world;
  world.start("node-1");
  const auto file = (world.folder.path() / "build.json").string();
  std::ofstream{file} << R"({"version":"7"})";
  const std::vector<std::string> words{"inject", file,         "--in", "ci",
                                       "--type", "build.done", "--id", "7"};
  BOOST_TEST(e2e::ask(world.url, words).at("duplicate") == false);
  BOOST_TEST(e2e::ask(world.url, words).at("duplicate") == true);
  BOOST_TEST(world.told() == "7 by http, ");
  TroupeProcess refused{{"inject", file, "--in", "ci", "--server", world.url}};
  BOOST_TEST(refused.exit_code() == 65);
  BOOST_TEST(refused.says("no team of this node has a route"), refused);
  BOOST_TEST(world.letters().empty()); // who is told needs no letter
}
