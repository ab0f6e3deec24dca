// The plans that come with Troupe, and those of the page that explains the language.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "runtime/config/team.hpp"
#include "runtime/plan/uses.hpp"
#include "toolkits/catalogue.hpp"

using namespace troupe;
using namespace troupe::config;

namespace {

const std::string configs = TROUPE_SOURCE_DIR "/configs";

Team load(const std::string& name) {
  auto result = load_team(configs + "/teams/" + name);
  std::string faults;
  for (const auto& [file, fault] : result.faults) faults += plan::to_string(fault, file) + "\n";
  BOOST_REQUIRE_EQUAL(faults, "");
  return std::move(result.team);
}

/// What stands between ```yaml and ``` on a page.
std::vector<std::string> examples_of(const std::string& page) {
  std::ifstream file{page};
  BOOST_REQUIRE_MESSAGE(file, page);
  std::vector<std::string> examples;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      inside = line == "```yaml";
      if (inside) examples.emplace_back();
    } else if (inside) {
      examples.back() += line + "\n";
    }
  }
  return examples;
}

/// Every tool that a plan calls itself is one that a toolkit of this build has.
void check_tools(const plan::Plan& plan) {
  std::set<std::string> known;
  for (const auto& toolkit : toolkits::known_toolkits())
    for (const auto& tool : toolkits::known_tools(toolkit)) known.insert(tool.name);
  for (const auto& tool : plan::uses_of(plan).tools) BOOST_TEST(known.count(tool) == 1u, tool);
}

} // namespace

BOOST_AUTO_TEST_SUITE(plans)

BOOST_AUTO_TEST_CASE(every_plan_in_configs_belongs_to_a_team_that_has_all_it_asks_for) {
  std::set<std::string> named;
  for (const auto* team : {"incident-response.yaml", "examples/operations.yaml"})
    for (const auto& [name, known] : load(team).plans) {
      named.insert(name);
      check_tools(known.plan);
    }
  for (const auto& entry : std::filesystem::directory_iterator{configs + "/plans"})
    if (entry.path().extension() == ".yaml")
      BOOST_TEST(named.count(entry.path().stem()) == 1u, entry.path());
}

BOOST_AUTO_TEST_CASE(every_example_of_the_page_about_plans_can_be_given_to_the_team_of_examples) {
  const auto team = load("examples/operations.yaml");
  const auto examples = examples_of(configs + "/plans/README.md");
  BOOST_TEST(examples.size() >= 12u);
  std::set<std::string> words;
  for (const auto& text : examples) BOOST_TEST_CONTEXT(text) {
      const auto read = plan::read_source("example", text);
      BOOST_TEST(plan::render(read.faults, "example") == "");
      const auto parsed = plan::parse_plan(read.source);
      BOOST_TEST(plan::render(parsed.faults, "example") == "");
      const auto faults = plan::check_against(parsed.plan, read.source, catalogue_of(team));
      BOOST_TEST(plan::render(faults, "example") == "");
      check_tools(parsed.plan);
    }
}

BOOST_AUTO_TEST_SUITE_END()
