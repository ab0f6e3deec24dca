// `troupe demo crash`: what it says is true.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <map>
#include <sstream>

#include "tests/e2e/demo_facts.hpp"
#include "tests/support/troupe_process.hpp"

using namespace troupe;
using support::TroupeProcess;
namespace json = boost::json;

BOOST_AUTO_TEST_CASE(a_node_killed_at_every_step_boundary_loses_nothing_and_repeats_nothing) {
  support::TemporaryFolder data;
  TroupeProcess troupe{{"demo", "crash", "--json", "--data", data.path()}};
  const int code = troupe.exit_code(std::chrono::seconds{240});
  BOOST_TEST_REQUIRE(code == 0, troupe);
  const json::value summary = e2e::line_with(troupe.output(), "held");
  BOOST_TEST(summary.at("held").as_bool());
  BOOST_TEST(summary.at("kills").as_int64() == 10);
  BOOST_TEST(summary.at("steps").as_int64() == 10);
  BOOST_TEST(summary.at("steps_repeated").as_int64() == 0);
  BOOST_TEST(summary.at("effects").as_int64() == 10);
  BOOST_TEST(summary.at("effects_repeated").as_int64() == 0);
  std::map<std::string, int> killed;
  for (const json::value& kill : summary.at("recoveries").as_array()) {
    const std::string node{kill.at("node").as_string()};
    ++killed[node.substr(0, node.find('-'))];
    if (!kill.at("recovered_ms").is_null()) BOOST_TEST(kill.at("recovered_ms").as_int64() > 0);
  }
  BOOST_TEST((killed == std::map<std::string, int>{{"agent", 5}, {"orchestrator", 5}}));

  std::map<std::string, int> counted; // as a reader would
  std::istringstream lines{e2e::read(data.path() / "ledger.jsonl")};
  for (std::string line; std::getline(lines, line);)
    ++counted[std::string{json::parse(line).at("entry").as_string()}];
  BOOST_TEST(counted.size() == 10u);
  for (const auto& [entry, times] : counted) BOOST_TEST(times == 1, entry);

  BOOST_TEST(troupe.output().find('\x1b') == std::string::npos); // in a pipe: plain text
  BOOST_TEST(e2e::nothing_left(data.path()));
}
