// Any one process of a cluster is killed while a run is under way; `troupe dev` starts it again.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/troupe_process.hpp"

using namespace troupe;
using support::TroupeProcess;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

std::string read(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// A dev whose one tool takes a second, so that there is a middle to strike at.
struct SlowCluster {
  support::TemporaryFolder data, state;
  std::unique_ptr<TroupeProcess> dev;

  SlowCluster() {
    json::object slow{{"start", json::array{"/bin/true"}},
                      {"check", json::array{"/bin/sleep", "1"}},
                      {"pid_file", (data.path() / "pid").string()}};
    std::ofstream{data.path() / "settings.json"} << json::serialize(
        json::object{{"teams", json::array{(data.path() / "team.yaml").string()}},
                     {"toolkits", {{"service", {{"services", {{"slow", slow}}}}}}}});
    std::ofstream{data.path() / "team.yaml"} << "team: test\nroles: { looker: { kind: native, "
                                                "agent: validator, tools: [service.status] } }\n"
                                                "plans: { slowly: plan.yaml }\n";
    std::ofstream plan{data.path() / "plan.yaml"};
    plan << "plan: slowly\nsteps:\n";
    for (const char* id : {"one", "two", "three", "four"})
      plan << "  - { id: " << id << ", tool: service.status, with: { service: slow } }\n";
    plan.close();
    dev = std::make_unique<TroupeProcess>(
        std::vector<std::string>{"dev", "--json", "--data", data.path() / "dev", "--listen",
                                 "127.0.0.1:0", "--config", data.path() / "settings.json"},
        environment());
    BOOST_TEST_REQUIRE(dev->ready_line().has_value(), *dev);
  }

  support::TroupeOptions environment() const {
    return {std::nullopt, {{"XDG_RUNTIME_DIR", state.path()}}, {}};
  }

  std::string ask(std::vector<std::string> arguments) const {
    TroupeProcess process{std::move(arguments), environment()};
    process.exit_code();
    return process.output();
  }

  json::value run(const std::string& id) const {
    json::error_code error;
    json::value value = json::parse(ask({"runs", "show", id, "--json"}), error);
    return error ? json::value{} : value;
  }

  pid_t process(const std::string& name) const {
    json::value processes = json::parse(read(data.path() / "dev/processes.json"));
    for (const json::value& entry : processes.as_array())
      if (entry.at("name") == name.c_str()) return static_cast<pid_t>(entry.at("pid").as_int64());
    return 0;
  }
};

std::string state_of(const json::value& run, std::size_t step) {
  if (!run.is_object()) return "";
  return std::string{run.at("tree").at("children").at(step).at("state").as_string()};
}

} // namespace

BOOST_AUTO_TEST_CASE(a_run_survives_the_death_of_any_process_and_repeats_no_finished_step) {
  SlowCluster cluster;
  for (const char* victim : {"agent-1", "orchestrator-1", "nats", "postgres"})
    BOOST_TEST_CONTEXT("killed: " << victim) {
      json::value submitted = json::parse(
          cluster.ask({"run", cluster.data.path() / "plan.yaml", "--detach", "--json"}));
      std::string id{submitted.at("run").as_string()};
      BOOST_TEST_REQUIRE(
          cluster.dev->process().reaches([&] { return state_of(cluster.run(id), 1) == "running"; }),
          *cluster.dev);
      pid_t pid = cluster.process(victim);
      BOOST_REQUIRE(pid > 0);
      ::kill(pid, SIGKILL);

      TroupeProcess watch{{"runs", "watch", id}, cluster.environment()};
      BOOST_TEST_REQUIRE(watch.exit_code() == 0, watch << *cluster.dev);
      json::value run = cluster.run(id);
      BOOST_REQUIRE(run.is_object());
      BOOST_TEST(run.at("state") == "completed");
      const json::array& steps = run.at("tree").at("children").as_array();
      BOOST_TEST(steps[0].at("attempts").as_array().size() == 1U); // finished before the strike
      for (const json::value& step : steps)
        BOOST_TEST(step.at("attempts").as_array().back().at("state") == "completed");
    }
}
