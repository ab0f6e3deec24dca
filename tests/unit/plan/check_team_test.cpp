#include <boost/test/unit_test.hpp>

#include "runtime/plan/parse.hpp"

using namespace troupe;
using namespace troupe::plan;

namespace {

Plan parsed(std::string_view text) {
  auto result = parse_plan("p", text);
  BOOST_REQUIRE_MESSAGE(result.faults.empty(), render(result.faults, "p"));
  return std::move(result.plan);
}

/// What the team says of a plan with these steps, which begin on line 3.
std::string against(const std::string& steps, const Catalogue& catalogue) {
  const auto text = "plan: p\nsteps:\n" + steps;
  const auto source = read_source("p", text).source;
  auto faults = render(check_against(parsed(text), source, catalogue), "p");
  if (!faults.empty()) faults.pop_back();
  return faults;
}

} // namespace

BOOST_AUTO_TEST_SUITE(check_team)

BOOST_AUTO_TEST_CASE(only_a_team_can_show_unknown_roles_and_tools) {
  const auto text = R"(plan: p
steps:
  - { id: a, agent: triager }
  - { id: b, agent: triagr }
  - { id: g, parallel: [{ id: c, tool: probe.http }, { id: d, tool: service.restart }] }
  - { id: e, tool: service.restrat }
  - { id: f, tool: shell.run }
)";
  const auto source = read_source("p", text).source;
  const auto result = parse_plan(source);
  BOOST_REQUIRE_MESSAGE(result.faults.empty(), render(result.faults, "p"));
  const Catalogue catalogue{{"triager", "healer"}, {"probe.*", "service.restart"}};
  BOOST_TEST(render(check_against(result.plan, source, catalogue), "p") ==
             "p:4:21: the team has no role `triagr`; did you mean `triager`?\n"
             "p:6:20: the team has no tool `service.restrat`; did you mean `service.restart`?\n"
             "p:7:20: the team has no tool `shell.run`; it has `probe.*` or `service.restart`\n");
  BOOST_TEST(check_against(result.plan, source, {{"triager"}, {}}).size() == 5u);
}

BOOST_AUTO_TEST_CASE(roles_and_tools_are_looked_for_wherever_they_can_stand) {
  const Catalogue catalogue{{"worker"}, {"*"}};
  const std::pair<const char*, const char*> table[] = {
      {"  - { id: a, agent: worker, fallback: wrker }",
       "p:3:39: the team has no role `wrker`; did you mean `worker`?"},
      {"  - { id: a, tool: x.y, undo: { agent: nobody } }",
       "p:3:40: the team has no role `nobody`; it has `worker`"},
      {"  - { id: e, foreach: { in: [1], do: { id: a, agent: nobody } } }",
       "p:3:54: the team has no role `nobody`; it has `worker`"},
      {"  - { id: e, repeat: { until: '${{ true }}', do: [{ id: a, agent: nobody }] } }",
       "p:3:67: the team has no role `nobody`; it has `worker`"},
      {"  - { id: e, switch: { on: '${{ 1 }}', cases: { a: { id: a, agent: nobody } }, default: [{ "
       "id: b, agent: nobody }] } }",
       "p:3:68: the team has no role `nobody`; it has `worker`\n"
       "p:3:106: the team has no role `nobody`; it has `worker`"},
      {"  - { id: a, approval: { role: somebody } }", ""}, // a person's, not an agent's
  };
  for (auto [steps, expected] : table)
    BOOST_TEST_CONTEXT(steps) BOOST_TEST(against(steps, catalogue) == expected);
  BOOST_TEST(against("  - { id: a, agent: worker, undo: { tool: x.z } }", {{"worker"}, {"x.y"}}) ==
             "p:3:43: the team has no tool `x.z`; did you mean `x.y`?");
}

BOOST_AUTO_TEST_CASE(a_child_plan_is_given_what_it_requires_and_nothing_else) {
  const auto child = parsed(
      "plan: child\ninputs: { a: {}, b: { type: integer, default: 1 } }\n"
      "steps: [{ id: s, agent: w }]");
  Catalogue catalogue{{}, {}, {{"child", &child}, {"faulty", nullptr}}};
  const std::pair<const char*, const char*> table[] = {
      {"{ id: c, plan: child, with: { a: 1 } }", ""},
      {"{ id: c, plan: child, with: { a: '${{ run.id }}', b: '${{ run.id }}' } }", ""},
      {"{ id: c, plan: child, with: '${{ inputs }}' }", ""}, // the run will tell
      {"{ id: c, plan: faulty }", ""},                       // its own faults are told
      {"{ id: c, plan: child }", "p:3:20: the plan asks for the input `a`; add it to `with`"},
      {"{ id: c, plan: child, with: { b: 2, c: 1 } }",
       "p:3:33: the plan asks for the input `a`; add it to `with`\n"
       "p:3:41: the plan has no input `c`"},
      {"{ id: c, plan: child, with: { a: 1, b: two } }",
       "p:3:44: input `b` must be an integer, not text"},
      {"{ id: c, plan: chld }", "p:3:20: the team has no plan `chld`; did you mean `child`?"},
      {"{ id: c, plan: other }",
       "p:3:20: the team has no plan `other`; it has `child` or `faulty`"},
  };
  for (auto [step, expected] : table) BOOST_TEST_CONTEXT(step)
  BOOST_TEST(against("  - " + std::string{step}, catalogue) == expected);
}

BOOST_AUTO_TEST_CASE(no_plan_comes_to_run_itself) {
  const auto runs = [](const std::string& child) {
    return parsed("plan: p\nsteps:\n  - { id: g, parallel: [{ id: s, plan: " + child + " }] }");
  };
  const auto a = runs("b"), b = runs("c"), c = runs("a"), self = runs("self"), d = runs("e"),
             e = parsed("plan: e\nsteps: [{ id: s, agent: w }]");
  const Catalogue catalogue{
      {}, {}, {{"a", &a}, {"b", &b}, {"c", &c}, {"self", &self}, {"d", &d}, {"e", &e}}};
  const std::pair<const char*, const char*> table[] = {
      {"a", "p:3:20: the plan `a` comes to run itself: a > b > c > a; no plan may"},
      {"c", "p:3:20: the plan `c` comes to run itself: c > a > b > c; no plan may"},
      {"self", "p:3:20: the plan `self` comes to run itself: self > self; no plan may"},
      {"d", ""},
      {"e", ""},
  };
  for (auto [child, expected] : table) BOOST_TEST_CONTEXT(child)
  BOOST_TEST(against("  - { id: x, plan: " + std::string{child} + " }", catalogue) == expected);
}

BOOST_AUTO_TEST_SUITE_END()
