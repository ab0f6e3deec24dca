// A gateway node: the whole API through it, alerts and events without anybody behind it.
#include "tests/e2e/event_world.hpp"
#include "tests/support/eventually.hpp"

using namespace troupe;
using namespace troupe::e2e;

namespace {

struct GatewayWorld : EventWorld {
  GatewayWorld() {
    std::tie(gateway, front) =
        launch("gateway-1", {{"node", {{"name", "gateway-1"}, {"gateway", true}}}});
  }
  /// It ends with that code and has said that.
  void expect(std::vector<std::string> arguments, int code, const std::string& words) const {
    arguments.insert(arguments.end(), {"--server", front});
    TroupeProcess process{std::move(arguments)};
    BOOST_TEST(process.exit_code() == code, process);
    BOOST_TEST(process.output().find(words) != std::string::npos, process);
  }
  std::string file(const std::string& name, const std::string& text) const {
    const auto path = (folder.path() / name).string();
    std::ofstream{path} << text;
    return path;
  }

  std::string front;
  std::unique_ptr<TroupeProcess> gateway;
};

} // namespace

BOOST_AUTO_TEST_CASE(alerts_and_events_are_taken_while_no_orchestrator_is_up) {
  GatewayWorld world;
  const auto alert_file = world.file("alert.json", alert);
  const auto event_file = world.file("event.json", R"({"version":"7"})");
  world.expect({"inject", alert_file}, 75, "there is no stream troupe-default-in");
  world.start("node-1"); // it makes the stream
  world.end(SIGTERM);
  world.expect({"jobs", "list"}, 75, "no orchestrator");
  world.expect({"inject", alert_file}, 0, "kept as 1 of the stream troupe-default-in");
  const std::vector<std::string> event{"inject", event_file,   "--in", "ci",
                                       "--type", "build.done", "--id", "7"};
  for (int again = 0; again < 2; ++again) world.expect(event, 0, "of the stream troupe-default-in");
  world.expect({"inject", event_file}, 65, "Alertmanager");
  world.expect({"inject", event_file, "--in", "ci", "--id", std::string(2000, 'x')}, 65, "`id`");
  const auto large = world.file("large.json", '"' + std::string(1'100'000, 'x') + '"');
  world.expect({"inject", large, "--in", "ci"}, 65, "bytes");

  world.start("node-2");
  BOOST_TEST_REQUIRE(support::eventually([&] { return world.jobs().size() == 2; }), *world.node);
  BOOST_TEST(world.told() == "7 by gateway-1, 9 by alertmanager, ");
  BOOST_TEST(world.letters().empty());
}

BOOST_AUTO_TEST_CASE(the_api_goes_on_when_an_orchestrator_behind_it_is_killed) {
  GatewayWorld world;
  world.start("node-1");
  auto [second, second_url] = world.launch_orchestrator("node-2");
  const auto modes = [&] {
    std::string text;
    const auto nodes = e2e::ask(world.front, {"nodes"});
    for (const auto& node : nodes.at("nodes").as_array())
      text += json::value_to<std::string>(node.at("name")) + ":" +
              json::value_to<std::string>(node.at("modes").at(0)) + " ";
    return text;
  };
  BOOST_TEST_REQUIRE(world.gateway->says("\"peer\":\"node-2\""), *world.gateway);
  BOOST_TEST(support::eventually([&] {
               return modes() == "gateway-1:gateway node-1:orchestrator node-2:orchestrator ";
             }),
             modes());

  const auto plan =
      world.file("wait.yaml", "plan: wait\nsteps: [{ id: go, wait: { signal: go } }]\n");
  const auto run =
      json::value_to<std::string>(e2e::ask(world.front, {"run", plan, "--detach"}).at("run"));
  TroupeProcess follower{{"events", run, "--follow", "--server", world.front}};
  BOOST_TEST_REQUIRE(follower.says("run created"), follower);
  world.end(SIGKILL);
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(e2e::ask(world.front, {"runs", "show", run}).at("id").as_string() == run);
  world.expect({"runs", "signal", run, "go"}, 0, "");
  BOOST_TEST(follower.exit_code() == 0, follower);
  BOOST_TEST(follower.output().find("run completed") != std::string::npos, follower);
  world.expect({"runs", "show", "01a21d28-c868-7ab5-82e8-829cdb8b860a"}, 66, "there is no run");

  world.gateway->process().signal(SIGTERM);
  BOOST_TEST(world.gateway->exit_code() == 0, *world.gateway);
}
