// configs/node.yaml, read by all who read settings.
#include <boost/test/unit_test.hpp>

#include "runtime/config/settings.hpp"
#include "runtime/config/team.hpp"
#include "toolkits/catalogue.hpp"

using namespace troupe;
using namespace troupe::config;

BOOST_AUTO_TEST_SUITE(example)

BOOST_AUTO_TEST_CASE(the_example_in_configs_is_accepted_and_shows_the_defaults) {
  const auto result = load_settings(TROUPE_SOURCE_DIR "/configs/node.yaml");
  BOOST_TEST(plan::render(result.faults, "node.yaml") == "");
  const auto& shown = result.settings;
  const Settings standard;
  BOOST_TEST(shown.cluster == standard.cluster);
  BOOST_TEST(shown.node == standard.node);
  BOOST_TEST(shown.orchestrator == standard.orchestrator);
  BOOST_TEST(shown.agent == standard.agent);
  BOOST_TEST((shown.roles == standard.roles));
  BOOST_TEST((shown.labels == standard.labels));
  BOOST_TEST(shown.slots == standard.slots);
  BOOST_TEST((shown.drain == standard.drain));
  for (const auto& [toolkit, policy] : shown.breakers)
    BOOST_TEST((policy == placement::BreakerPolicy{}), toolkit);
  BOOST_TEST(shown.nats_url == standard.nats_url);
  BOOST_TEST(shown.listen == standard.listen);
  BOOST_TEST(shown.log_level == standard.log_level);
  BOOST_TEST(shown.log_file == standard.log_file);
  BOOST_REQUIRE(shown.team_files.size() == 1u);
  BOOST_TEST(load_team(shown.team_files[0]).faults.empty());
}

BOOST_AUTO_TEST_CASE(a_gateway_is_nothing_else_unless_it_is_said) {
  const auto result = load_settings(TROUPE_SOURCE_DIR "/ops/examples/gateway.yaml");
  BOOST_TEST(plan::render(result.faults, "gateway.yaml") == "");
  const auto& shown = result.settings;
  BOOST_TEST(shown.gateway);
  BOOST_TEST((!shown.orchestrator && !shown.agent && !shown.tools));
  const auto both = parse_settings("n.yaml", "node: { gateway: true, orchestrator: true }");
  BOOST_TEST(plan::render(both.faults, "n.yaml").find("an `orchestrator` serves the API itself") !=
             std::string::npos);
  const auto with_tools = parse_settings("n.yaml", "node: { gateway: true, tools: true }");
  BOOST_TEST(with_tools.faults.empty());
  BOOST_TEST(with_tools.settings.tools);
}

BOOST_AUTO_TEST_CASE(the_example_serves_every_toolkit_there_is_and_none_refuses_its_settings) {
  const auto settings = load_settings(TROUPE_SOURCE_DIR "/configs/node.yaml").settings;
  const auto catalogue = toolkits::make_catalogue(settings.toolkits, {});
  BOOST_TEST(catalogue.faults == std::vector<std::string>{}, boost::test_tools::per_element());
  for (const auto& name : toolkits::known_toolkits())
    BOOST_TEST(settings.toolkits.count(name) == 1u, name);
}

BOOST_AUTO_TEST_CASE(what_a_toolkit_refuses_is_told_with_line_and_column) {
  const auto result = parse_settings("n.yaml",
                                     "toolkits:\n"
                                     "  probe: { allow: [localhost, 7] }\n"
                                     "  zebra: {}\n");
  BOOST_REQUIRE(result.faults.empty());
  const auto catalogue = toolkits::make_catalogue(result.settings.toolkits, {});
  BOOST_REQUIRE(catalogue.faults.size() == 2u);
  const auto told = [&](std::size_t i) {
    return plan::to_string(place_toolkit_fault(result, catalogue.faults[i]), "n.yaml");
  };
  BOOST_TEST(told(0).starts_with("n.yaml:2:31: /toolkits/probe/allow/1: "), told(0));
  BOOST_TEST(told(1).starts_with("n.yaml:3:10: /toolkits/zebra: "), told(1));
}

BOOST_AUTO_TEST_SUITE_END()
