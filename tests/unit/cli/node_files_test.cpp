#include "ops/cli/dev/node_files.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fstream>

#include "ops/cli/exit_codes.hpp"
#include "runtime/config/settings.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace troupe;

namespace {

struct Fixture {
  support::TemporaryFolder folder;
  std::string file = folder.path() / "settings.yaml";

  void write(const char* content) { std::ofstream{file} << content; }
};

config::Settings read_back(const boost::json::object& settings) {
  auto result = config::parse_settings("node.json", boost::json::serialize(settings));
  BOOST_TEST_REQUIRE(result.faults.empty(), plan::render(result.faults, "node.json"));
  return result.settings;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(node_files, Fixture)

BOOST_AUTO_TEST_CASE(nodes_get_the_users_settings_with_what_dev_provides_put_in) {
  write(
      "cluster: trial\n"
      "node: { labels: [gpu=1], slots: 3, name: mine, orchestrator: true }\n"
      "postgres: { url: postgresql://elsewhere/x }\n"
      "log: { level: debug, file: mine.log }\n"
      "teams: [teams/a.yaml]\n"
      "toolkits: { workspace: {} }\n");
  auto shared = dev::shared_settings(file);

  auto agent =
      read_back(dev::node_settings(shared, {"agent-2", "nats://127.0.0.1:1", "", "", "/w"}));
  BOOST_TEST(agent.cluster == "trial");
  BOOST_TEST(agent.node == "agent-2");
  BOOST_TEST((agent.agent && !agent.orchestrator));
  BOOST_TEST(agent.slots == 3U);
  BOOST_TEST(agent.labels.at(0) == "gpu=1");
  BOOST_TEST(agent.nats_url == "nats://127.0.0.1:1");
  BOOST_TEST(agent.postgres_url == "");
  BOOST_TEST(agent.log_file == "");
  BOOST_TEST(agent.log_level == "debug");
  BOOST_TEST(agent.data_dir == "/w");
  BOOST_TEST(agent.team_files.at(0) == (folder.path() / "teams/a.yaml").string());

  auto orchestrator =
      read_back(dev::node_settings(shared, {"orchestrator-1", "nats://127.0.0.1:1",
                                            "postgresql:///t?host=/s", "127.0.0.1:5", "/w"}));
  BOOST_TEST((orchestrator.orchestrator && !orchestrator.agent));
  BOOST_TEST(orchestrator.postgres_url == "postgresql:///t?host=/s");
  BOOST_TEST(orchestrator.listen == "127.0.0.1:5");
}

BOOST_AUTO_TEST_CASE(secrets_stay_references_and_never_stand_in_a_generated_file) {
  std::ofstream{folder.path() / "key"} << "s3cret\n";
  write("toolkits: { probe: { token: \"a ${file:key} b\", plain: \"$${file:key}\" } }\n");
  auto shared = dev::shared_settings(file);
  std::string text = boost::json::serialize(shared);
  BOOST_TEST(text.find("s3cret") == std::string::npos);
  auto settings = read_back(shared);
  auto probe = boost::json::parse(settings.toolkits.at("probe").text);
  BOOST_TEST(probe.at("token").as_string() == "a s3cret b");
  BOOST_TEST(probe.at("plain").as_string() == "${file:key}");
}

BOOST_AUTO_TEST_CASE(faults_are_all_named_before_anything_starts) {
  write("clutser: x\nnode: { slots: none }\n");
  BOOST_CHECK_EXCEPTION(dev::shared_settings(file), cli::Failure, [&](const cli::Failure& failure) {
    std::string text = failure.what();
    return failure.code() == cli::ExitCode::bad_configuration &&
           text.find(file + ":1:1: ") != std::string::npos &&
           text.find(file + ":2:") != std::string::npos;
  });
  BOOST_CHECK_EXCEPTION(
      dev::shared_settings(folder.path() / "none.yaml"), cli::Failure,
      [](const cli::Failure& failure) { return failure.code() == cli::ExitCode::no_input; });
}

BOOST_AUTO_TEST_SUITE_END()
