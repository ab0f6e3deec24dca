// The incident plan through the whole engine, once for each cause that the demo can bring about:
// what a restart repairs is repaired, what it cannot repair is left to a person, untouched.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <sstream>

#include "tests/e2e/demo_facts.hpp"
#include "tests/support/tcp.hpp"
#include "tests/support/troupe_process.hpp"

using namespace troupe;
namespace json = boost::json;

namespace {

/// A demo that is kept up at its end, so that its API and its processes can be asked.
class KeptDemo {
 public:
  explicit KeptDemo(const std::string& cause)
      : troupe_{{"demo", "--json", "--keep", "--data", data_.path(), "--cause", cause}} {
    BOOST_TEST_REQUIRE(troupe_.says("\n  alertmanager  http", std::chrono::seconds{100}), troupe_);
    summary = e2e::line_with(troupe_.output(), "healed");
    run = json::parse(e2e::read(data_.path() / "run.json"));
    report = e2e::read(data_.path() / "report.md");
    read_journal();
  }

  /// The word after the last `words` of the story.
  std::string word_after(const std::string& words) const {
    std::string output = troupe_.output();
    auto at = output.rfind(words);
    BOOST_TEST_REQUIRE((at != std::string::npos), "no `" << words << "` in:\n" << output);
    std::istringstream rest{output.substr(at + words.size())};
    std::string word;
    rest >> word;
    return word;
  }
  int number_after(const std::string& words) const { return std::atoi(word_after(words).c_str()); }

  const json::value& step(const std::string& id) const { return e2e::step(run.at("tree"), id); }

  /// In the order of the journal.
  std::vector<json::object> events(const std::string& type, const std::string& step) const {
    std::vector<json::object> found;
    for (const json::value& event : journal_)
      if (event.at("type") == json::string{type} && event.at("step") == json::string{step})
        found.push_back(event.as_object());
    return found;
  }

  bool patient_lives() const {
    return !support::processes_marked(data_.path() / "patient/nginx.conf").empty();
  }

  void expect_a_clean_end() {
    troupe_.process().signal(SIGINT);
    BOOST_TEST(troupe_.exit_code() == 0, troupe_);
    BOOST_TEST(e2e::nothing_left(data_.path(), std::chrono::seconds{5}));
  }

  json::value summary, run;
  std::string report;

 private:
  /// Of the server, not of our own reading of the run.
  void read_journal() {
    std::string id{run.at("id").as_string()}, server = word_after("\n  troupe  ");
    support::TroupeProcess watch{{"runs", "watch", id, "--json", "--server", server}};
    BOOST_TEST_REQUIRE(watch.exit_code() == 0, watch);
    std::istringstream lines{watch.output()};
    for (std::string line; std::getline(lines, line);) {
      journal_.push_back(json::parse(line));
      journal_.back().as_object().emplace("step", "");
    }
  }

  support::TemporaryFolder data_;
  support::TroupeProcess troupe_;
  std::vector<json::value> journal_;
};

void expect_healed(const KeptDemo& demo, const char* cause) {
  BOOST_TEST(demo.summary.at("healed") == true);
  BOOST_TEST(demo.run.at("state") == "completed");
  BOOST_TEST(demo.run.at("output").at("healed") == true);
  BOOST_TEST(demo.run.at("output").at("cause") == cause);
  BOOST_TEST(demo.run.at("output").at("action") == "restart");
  BOOST_TEST(demo.run.at("output").at("needs_person").is_null());
  BOOST_TEST(demo.step("alert_gone").at("state") == "completed");
  BOOST_TEST(demo.patient_lives());
}

void expect_left_to_a_person(const KeptDemo& demo, const char* cause) {
  BOOST_TEST(demo.summary.at("healed") == false);
  BOOST_TEST(demo.run.at("state") == "completed");
  BOOST_TEST(demo.run.at("output").at("healed") == false);
  BOOST_TEST(demo.run.at("output").at("cause") == cause);
  BOOST_TEST(demo.run.at("output").at("action") == "none");
  BOOST_TEST(demo.step("restart").at("state") == "skipped");
  BOOST_TEST(demo.step("verify").at("state") == "skipped");
  BOOST_TEST(demo.events("attempt.assigned", "restart").empty());
  BOOST_TEST(demo.events("activity.reserved", "restart").empty());
  BOOST_TEST(!demo.patient_lives());

  std::string decision{demo.run.at("output").at("needs_person").as_string()};
  BOOST_TEST(decision.size() > 40U);
  BOOST_TEST(demo.summary.at("needs_person").as_string() == decision);
  BOOST_TEST(demo.report.find("## What a person must decide") != std::string::npos, demo.report);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_restart_that_fails_the_first_time_is_tried_again_after_a_while_and_heals) {
  KeptDemo demo{"restart-fails-once"};
  expect_healed(demo, "process_gone");

  auto failed = demo.events("attempt.failed", "restart");
  auto completed = demo.events("step.completed", "restart");
  auto assigned = demo.events("attempt.assigned", "restart");
  BOOST_TEST_REQUIRE(failed.size() == 1U);
  BOOST_TEST_REQUIRE(completed.size() == 1U);
  BOOST_TEST_REQUIRE(assigned.size() == 2U);
  BOOST_TEST(failed[0].at("attempt") == assigned[0].at("attempt"));
  BOOST_TEST(completed[0].at("attempt") == assigned[1].at("attempt"));
  BOOST_TEST(completed[0].at("attempt").as_int64() > failed[0].at("attempt").as_int64());
  BOOST_TEST(completed[0].at("seq").as_int64() > failed[0].at("seq").as_int64());

  const json::value& error = failed[0].at("error");
  BOOST_TEST(error.at("class") == "tool_failed");
  BOOST_TEST(error.at("message").as_string().find("not this time") != json::string::npos);
  // Times of one form compare as text.
  BOOST_TEST(failed[0].at("retry_at").as_string() >= failed[0].at("at").as_string());
  BOOST_TEST(assigned[1].at("at").as_string() >= failed[0].at("retry_at").as_string());

  // Each try is an effect of its own, reserved before it was made.
  BOOST_TEST(demo.events("activity.reserved", "restart").size() == 2U);
  auto settled = demo.events("activity.settled", "restart");
  BOOST_TEST_REQUIRE(settled.size() == 2U);
  BOOST_TEST(settled[0].at("outcome").as_object().contains("error"));
  BOOST_TEST(settled[1].at("outcome").as_object().contains("output"));
  demo.expect_a_clean_end();
}

BOOST_AUTO_TEST_CASE(a_port_that_another_process_holds_is_left_to_a_person_and_so_is_the_process) {
  KeptDemo demo{"port"};
  expect_left_to_a_person(demo, "port_held");
  int pid = demo.number_after("nats-server (pid ");
  int port = demo.number_after("took port ");
  BOOST_TEST(support::alive(pid));
  auto greeting = support::TcpConnection::to(port).read_until("\r\n");
  BOOST_TEST(greeting.starts_with("INFO {"), greeting);
  for (const std::string& named : {"port " + std::to_string(port), std::to_string(pid)})
    BOOST_TEST(demo.report.find(named) != std::string::npos, named << " in " << demo.report);
  demo.expect_a_clean_end();
}

BOOST_AUTO_TEST_CASE(a_broken_configuration_is_left_to_a_person_with_the_place_of_the_fault) {
  KeptDemo demo{"config"};
  expect_left_to_a_person(demo, "configuration_broken");
  std::string decision{demo.run.at("output").at("needs_person").as_string()};
  for (const char* named : {"Repair the configuration", "\"listn\"", "nginx.conf:"})
    BOOST_TEST(decision.find(named) != std::string::npos, named << " in " << decision);
  demo.expect_a_clean_end();
}

BOOST_AUTO_TEST_CASE(a_process_that_hangs_is_restarted_and_healed) {
  KeptDemo demo{"hung"};
  expect_healed(demo, "process_hung");
  int hung = demo.number_after("SIGSTOP to process group ");
  BOOST_TEST(!support::alive(hung));
  auto pid = demo.step("restart").at("output").at("pid").as_int64();
  BOOST_TEST(pid != hung);
  BOOST_TEST(support::alive(static_cast<pid_t>(pid)));
  demo.expect_a_clean_end();
}
