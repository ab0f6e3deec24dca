// The demo's scenario: a real nginx is killed, real servers notice, a real plan heals it.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "tests/e2e/demo_facts.hpp"
#include "tests/support/troupe_process.hpp"

using namespace troupe;
using e2e::nothing_left;
using e2e::read;
using e2e::step;
using support::TroupeProcess;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

std::vector<std::string> demo(const fs::path& data, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"demo", "--json", "--data", data};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

json::value last_line(const std::string& output) {
  auto end = output.find_last_not_of('\n');
  auto begin = output.rfind('\n', end);
  return e2e::line_with(output.substr(begin + 1, end - begin), "healed");
}

} // namespace

BOOST_AUTO_TEST_CASE(an_alert_about_a_killed_nginx_is_healed_and_nothing_stays_behind) {
  support::TemporaryFolder data;
  TroupeProcess troupe{demo(data.path())};
  int code = troupe.exit_code(std::chrono::seconds{180});
  BOOST_TEST_REQUIRE(code == 0, troupe);
  json::value summary = last_line(troupe.output());
  BOOST_TEST(summary.at("healed").as_bool());
  BOOST_TEST(summary.at("nodes").as_int64() == 2);
  BOOST_TEST(summary.at("alert_to_job_ms").as_int64() >= 0);
  BOOST_TEST(summary.at("alert_to_verified_ms").as_int64() >
             summary.at("alert_to_job_ms").as_int64());
  BOOST_TEST(summary.at("steps").as_int64() >= 8);
  BOOST_TEST(summary.at("attempts").as_int64() >= summary.at("steps").as_int64());
  BOOST_TEST(nothing_left(data.path()));

  json::value run = json::parse(read(data.path() / "run.json"));
  BOOST_TEST(run.at("state") == "completed");
  BOOST_TEST(step(run.at("tree"), "restart").at("state") == "completed");
  std::string report = read(data.path() / "report.md");
  BOOST_TEST(report.find("# ") != std::string::npos, report);
  BOOST_TEST(troupe.output().find(report.substr(0, 60)) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_agent_node_killed_during_the_diagnosis_changes_nothing_of_the_outcome) {
  support::TemporaryFolder data;
  TroupeProcess troupe{demo(data.path(), {"--kill-agent-at", "diagnose"})};
  int code = troupe.exit_code(std::chrono::seconds{180});
  BOOST_TEST_REQUIRE(code == 0, troupe);
  BOOST_TEST(last_line(troupe.output()).at("healed").as_bool());
  BOOST_TEST(read(data.path() / "logs/dev.log").find("agent-1 was killed by SIGKILL") !=
             std::string::npos);

  json::value run = json::parse(read(data.path() / "run.json"));
  const json::array& attempts = step(run.at("tree"), "diagnose").at("attempts").as_array();
  BOOST_REQUIRE(attempts.size() >= 2U);
  BOOST_TEST(attempts.front().at("state") == "lost");
  BOOST_TEST(attempts.back().at("state") == "completed");
  BOOST_TEST(step(run.at("tree"), "triage").at("attempts").as_array().size() == 1U);
  BOOST_TEST(nothing_left(data.path()));
}

BOOST_AUTO_TEST_CASE(an_ordinary_user_can_run_it) {
  auto user = support::unprivileged_user();
  support::TemporaryFolder data{"troupe", user};
  TroupeProcess troupe{demo(data.path()), {user, {{"HOME", data.path()}}, {}}};
  int code = troupe.exit_code(std::chrono::seconds{180});
  BOOST_TEST_REQUIRE(code == 0, troupe);
  BOOST_TEST(nothing_left(data.path()));
}

BOOST_AUTO_TEST_CASE(interrupted_or_killed_it_leaves_no_process_behind) {
  const std::pair<int, int> table[] = {{SIGINT, 130}, {SIGTERM, 130}, {SIGKILL, -1}};
  for (auto [signal, code] : table) BOOST_TEST_CONTEXT("signal " << signal) {
      support::TemporaryFolder data;
      TroupeProcess troupe{demo(data.path(), {"--keep"})};
      BOOST_TEST_REQUIRE(troupe.says("nginx killed"), troupe);
      troupe.process().signal(signal);
      BOOST_TEST(troupe.exit_code() == code, troupe);
      BOOST_TEST(nothing_left(data.path(), std::chrono::seconds{15}));
    }
}

BOOST_AUTO_TEST_CASE(a_folder_with_files_of_somebody_else_is_left_alone) {
  support::TemporaryFolder data;
  fs::create_directories(data.path() / "troupe");
  std::ofstream{data.path() / "troupe/precious"} << "mine";
  TroupeProcess troupe{demo(data.path())};
  BOOST_TEST(troupe.exit_code() == 73, troupe);
  BOOST_TEST(troupe.output().find("not a demo's") != std::string::npos, troupe);
  BOOST_TEST(read(data.path() / "troupe/precious") == "mine");
}

BOOST_AUTO_TEST_CASE(a_patient_that_is_not_healed_is_said_so_with_the_logs) {
  support::TemporaryFolder data, configs;
  fs::create_directories(configs.path() / "teams");
  std::ofstream{configs.path() / "plan.yaml"}
      << "plan: look-away\nsteps:\n  - { id: nothing, tool: logs.list, with: {} }\n";
  std::ofstream{configs.path() / "teams/incident-response.yaml"}
      << "team: incident-response\nroles: { looker: { kind: native, agent: validator, tools: "
         "[logs.list] } }\nplans: { look-away: ../plan.yaml }\n"
         "alerts: [{ match: { service: \"*\" }, plan: look-away }]\n";
  TroupeProcess troupe{demo(data.path(), {"--time-limit", "20"}),
                       {std::nullopt, {{"TROUPE_CONFIGS", configs.path()}}, {}}};
  BOOST_TEST_REQUIRE(troupe.exit_code(std::chrono::seconds{120}) == 1, troupe);
  json::value summary = last_line(troupe.output());
  BOOST_TEST(!summary.at("healed").as_bool());
  BOOST_TEST(!summary.at("reason").as_string().empty());
  BOOST_TEST(fs::exists(std::string{summary.at("logs").as_string()}));
  BOOST_TEST(nothing_left(data.path()));
}
