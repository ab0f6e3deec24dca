#include "ops/cli/dev/log_relay.hpp"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <vector>

#include "tests/support/temporary_folder.hpp"

using namespace troupe;

BOOST_AUTO_TEST_CASE(what_a_node_says_to_people_is_told_once_and_only_in_whole_lines) {
  support::TemporaryFolder folder;
  std::string file = folder.path() / "agent-1.log";
  std::vector<std::string> told;
  dev::LogRelay relay{[&](const std::string& line) { told.push_back(line); }};
  relay.follow("agent-1", file);
  relay.poll(); // no log yet
  std::ofstream log{file};
  log << "{\"message\":\"node.starting\"}\ntroupe: waiting for NATS: refused\ntroupe: wai"
      << std::flush;
  relay.poll();
  relay.poll();
  log << "ting again\ntroupe: waiting again\n" << std::flush;
  relay.poll();
  const std::vector<std::string> expected{"agent-1: waiting for NATS: refused",
                                          "agent-1: waiting again"};
  BOOST_TEST(told == expected, boost::test_tools::per_element());
}
