#include "ops/cli/view/plan_tree.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fstream>

#include "ops/cli/plan_surroundings.hpp"
#include "tests/support/preview_world.hpp"

using namespace troupe;

namespace {

std::string golden(const std::string& name) {
  std::ifstream file{TROUPE_SOURCE_DIR "/tests/unit/cli/golden/" + name};
  BOOST_REQUIRE_MESSAGE(file, name);
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string drawn(const view::Style& style) {
  const support::PreviewWorld world;
  return view::render_preview(plan::preview(world.plan, world.surroundings), style);
}

std::string without_colours(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\x1b')
      i = text.find('m', i);
    else
      plain += text[i];
  return plain;
}

} // namespace

BOOST_AUTO_TEST_SUITE(plan_tree)

BOOST_AUTO_TEST_CASE(a_preview_is_drawn_as_a_tree_with_all_that_is_known) {
  BOOST_TEST(drawn({}) == golden("preview.txt"));
}

BOOST_AUTO_TEST_CASE(a_preview_without_unicode_is_plain) {
  view::Style style;
  style.unicode = false;
  const auto text = drawn(style);
  for (const char c : text) BOOST_TEST_REQUIRE(static_cast<unsigned char>(c) < 0x80);
  BOOST_TEST(text.find("|- 1  server_setup") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(colours_of_a_preview_change_nothing_but_colours) {
  view::Style style;
  style.colour = true;
  const auto text = drawn(style);
  BOOST_TEST(text != drawn({}));
  BOOST_TEST(without_colours(text) == drawn({}));
}

BOOST_AUTO_TEST_CASE(nodes_are_read_from_the_servers_answer) {
  const auto cluster = cli::read_nodes(boost::json::parse(
      R"({"nodes":[{"name":"a","modes":["agent"],"roles":["w"],"labels":["gpu=1"],"tools":["t.v"],
          "draining":true},{"name":"b"}]})"));
  BOOST_REQUIRE(cluster.size() == 2u);
  const auto& node = cluster.at("a").last;
  BOOST_TEST(node.modes == std::vector<std::string>{"agent"}, boost::test_tools::per_element());
  BOOST_TEST(node.roles == std::vector<std::string>{"w"}, boost::test_tools::per_element());
  BOOST_TEST(node.labels == std::vector<std::string>{"gpu=1"}, boost::test_tools::per_element());
  BOOST_TEST(node.tools == std::vector<std::string>{"t.v"}, boost::test_tools::per_element());
  BOOST_TEST(node.draining);
}

BOOST_AUTO_TEST_CASE(a_tool_must_be_one_that_a_role_may_call_and_that_its_toolkit_has) {
  config::Team team;
  team.roles["r"].tools = {"probe.*", "service.restart", "foreign.*"};
  const auto tools = cli::catalogue_for(team).tools;
  const std::vector<std::string> expected{"foreign.*", "probe.http", "probe.tcp",
                                          "service.restart"};
  BOOST_TEST(tools == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
