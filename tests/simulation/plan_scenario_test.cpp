// Somebody's own plan under failures: what its steps answer is made up so that all of it is
// reached.
#include "runtime/simulation/plan_scenario.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <fstream>

#include "runtime/plan/parse.hpp"
#include "runtime/plan/uses.hpp"
#include "runtime/simulation/simulation.hpp"

using namespace troupe;
using namespace troupe::simulation;

namespace {

PlanUnderTest test_of(const std::string& text) {
  auto parsed = plan::parse_plan("plan.yaml", text);
  BOOST_REQUIRE_MESSAGE(parsed.faults.empty(), plan::render(parsed.faults, "plan.yaml"));
  auto bundle = std::make_shared<config::UnpackedBundle>();
  bundle->plan = std::move(parsed.plan);
  for (const auto& role : plan::uses_of(bundle->plan).roles) {
    bundle->roles[role].role = role;
    bundle->roles[role].kind = "native";
  }
  PlanUnderTest test;
  test.bundle = std::move(bundle);
  return test;
}

std::size_t completed(const Outcome& outcome) {
  return static_cast<std::size_t>(std::ranges::count_if(
      outcome.ends, [](const auto& end) { return end.state == ports::RunState::completed; }));
}

/// Runs that completed under the first `seeds` seeds, none of which may violate anything.
std::size_t completed_under(const PlanUnderTest& test, std::uint64_t seeds) {
  std::size_t sum = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto outcome = simulate(make_scenario(test, seed), seed);
    BOOST_TEST(!outcome.failed,
               "seed " << seed << ": " << outcome.property << ": " << outcome.detail);
    sum += completed(outcome);
  }
  return sum;
}

const char* const shipped[] = {"approved-restart", "look-at-all",  "rolling-restart",
                               "service-check",    "service-down", "wait-until-healthy"};

} // namespace

BOOST_AUTO_TEST_SUITE(plan_scenario_)

BOOST_DATA_TEST_CASE(every_shipped_plan_reaches_its_end_under_failures, shipped, name) {
  std::ifstream file{TROUPE_SOURCE_DIR "/configs/plans/" + std::string{name} + ".yaml"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  BOOST_TEST(completed_under(test_of(text), 15) > 0u);
}

BOOST_AUTO_TEST_CASE(answers_have_what_later_steps_read_and_schemas_ask_for) {
  const auto test = test_of(R"(
plan: p
inputs: { hosts: { type: array }, limit: { type: integer, default: 3 } }
steps:
  - { id: list, agent: a, task: "look" }
  - { id: typed, agent: a, output_schema: { type: object, required: [n], properties: { n: { type: integer } } } }
  - id: each
    foreach: { in: "${{ steps.list.output.found.rows }}", as: row, do: { id: one, agent: a, task: "${{ row.name }}" } }
  - { id: hosts, foreach: { in: "${{ inputs.hosts }}", as: host, do: { id: h, agent: a, task: "${{ host.address }}" } } }
  - { id: last, agent: a, task: "${{ steps.typed.output.n }} ${{ steps.each.output[0].text }}" }
)");
  const auto scenario = make_scenario(test, 1);
  BOOST_TEST(scenario.answers.at("list").members.find(R"("rows":[{"name":"sample"})") !=
             std::string::npos);
  BOOST_TEST(scenario.answers.at("one").members == R"("text":"sample")");
  BOOST_REQUIRE(scenario.answers.at("typed").whole.has_value());
  BOOST_TEST(scenario.inputs.text.find(R"("hosts":[{"address":"sample"})") != std::string::npos);
  BOOST_TEST(scenario.inputs.text.find(R"("limit":3)") != std::string::npos);
  BOOST_TEST(completed_under(test, 15) > 0u);
}

BOOST_AUTO_TEST_CASE(what_is_said_of_a_step_is_what_it_returns) {
  auto test = test_of(R"(
plan: p
steps:
  - { id: look, agent: a }
  - { id: act, agent: a, when: "${{ steps.look.output.state == 'down' }}" }
)");
  test.answers["look"] = JsonText{R"({"state":"up"})"};
  const auto scenario = make_scenario(test, 1);
  BOOST_TEST(answer_of(scenario, "look", R"("attempt":1)").text == R"({"state":"up"})");
  BOOST_TEST(answer_of(scenario, "act", R"("attempt":1)").text == R"({"attempt":1})");
}

BOOST_AUTO_TEST_CASE(a_tool_that_nobody_knows_is_taken_for_once) {
  const auto scenario = make_scenario(test_of("plan: p\nsteps: [{id: x, tool: dns.create}]"), 1);
  BOOST_TEST(scenario.tools.at("dns.create").effect == "once");
}

BOOST_AUTO_TEST_SUITE_END()
