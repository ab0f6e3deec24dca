// What a run pins: its plan, the plans it comes to run, and their roles.
#include <boost/test/unit_test.hpp>

#include "runtime/hash.hpp"
#include "runtime/message/codec.hpp"
#include "tests/unit/config/team_files.hpp"

using namespace troupe;
using namespace troupe::config;

BOOST_AUTO_TEST_SUITE(bundle)

BOOST_AUTO_TEST_CASE(a_bundle_holds_the_plan_and_the_roles_it_names_and_unpacks_to_them) {
  const Files files;
  const auto team = files.team();
  const auto& plan = team.plans.at("service-down");
  const auto bundle = make_bundle(team, plan);
  BOOST_TEST(bundle.hash == sha256_hex(bundle.body));
  BOOST_TEST(canonical(JsonText{bundle.body}) == bundle.body);

  const auto unpacked = unpack_bundle(bundle.body);
  BOOST_REQUIRE_MESSAGE(unpacked.ok(), (unpacked.ok() ? "" : unpacked.error().message));
  BOOST_TEST(unpacked->team == "incident-response");
  BOOST_TEST(unpacked->plan.hash == plan.plan.hash);
  BOOST_TEST(unpacked->plan.name == "service-down");
  BOOST_TEST(unpacked->plan.root.children.size() == plan.plan.root.children.size());
  BOOST_REQUIRE(unpacked->roles.size() == 2u); // nobody asks for the reporter
  for (const auto& [name, role] : unpacked->roles) {
    BOOST_TEST(role.hash == team.roles.at(name).hash);
    BOOST_TEST(canonical(role.runbook) == canonical(team.roles.at(name).runbook));
    auto rest = role;
    rest.hash.clear();
    BOOST_TEST(role.hash == digest(JsonText{message::encode_role(rest)}));
  }
}

BOOST_AUTO_TEST_CASE(a_bundle_depends_on_what_it_holds_and_on_nothing_else) {
  Files files;
  const auto hash = [&] {
    const auto team = files.team();
    return make_bundle(team, team.plans.at("service-down")).hash;
  };
  const auto first = hash();
  files.replace("teams/t.yaml", "agent: reporter", "agent: validator"); // not in the plan
  files.replace("plans/service-down.yaml", "plan: service-down",
                "# said again\nplan: service-down");
  BOOST_TEST(hash() == first);
  files.replace("runbooks/fix.json", "\"output\":{}", "\"output\":{\"x\":1}");
  const auto second = hash();
  BOOST_TEST(second != first);
  files.replace("plans/service-down.yaml", "{ id: triage, agent: triage,",
                "{ id: triage, agent: reporter,");
  BOOST_TEST(hash() != second);
}

/// A team whose plan `top` runs `middle`, which runs `bottom`; `aside` is run by nobody.
void add_children(Files& files) {
  files.replace(
      "teams/t.yaml", "plans: { service-down: ../plans/service-down.yaml }",
      "plans: { service-down: ../plans/service-down.yaml, top: ../plans/top.yaml, middle: "
      "../plans/middle.yaml, bottom: ../plans/bottom.yaml, aside: ../plans/top.yaml }");
  files.write("plans/top.yaml", R"(plan: top
steps:
  - { id: s, plan: middle, with: { n: 1 }, undo: { agent: reporter } }
  - { id: again, foreach: { in: [1], do: { id: t, plan: bottom } } }
)");
  files.write("plans/middle.yaml", R"(plan: middle
inputs: { n: { type: number } }
steps: [{ id: s, plan: bottom }, { id: f, agent: triage, fallback: fixer }]
)");
  files.write("plans/bottom.yaml", "plan: bottom\nsteps: [{ id: s, agent: triage }]\n");
}

BOOST_AUTO_TEST_CASE(a_bundle_holds_every_plan_that_its_plan_comes_to_run_and_their_roles) {
  Files files;
  add_children(files);
  const auto team = files.team();
  const auto bundle = make_bundle(team, team.plans.at("top"));
  const auto unpacked = unpack_bundle(bundle.body);
  BOOST_REQUIRE_MESSAGE(unpacked.ok(), (unpacked.ok() ? "" : unpacked.error().message));
  BOOST_TEST(unpacked->plan.name == "top");
  BOOST_REQUIRE(unpacked->plans.size() == 2u);
  BOOST_TEST(unpacked->plans.at("middle").hash == team.plans.at("middle").plan.hash);
  BOOST_TEST(unpacked->plans.at("bottom").hash == team.plans.at("bottom").plan.hash);
  BOOST_TEST(unpacked->roles.size() == 3u); // of an undo, of a child's step, of its fallback
  BOOST_TEST(unpacked->roles.count("reporter") + unpacked->roles.count("triage") +
                 unpacked->roles.count("fixer") ==
             3u);
}

BOOST_AUTO_TEST_CASE(the_bundle_of_a_child_run_is_made_of_its_parents_alone) {
  Files files;
  add_children(files);
  const auto team = files.team();
  const auto parent = unpack_bundle(make_bundle(team, team.plans.at("top")).body);
  BOOST_REQUIRE(parent.ok());
  for (const auto* name : {"middle", "bottom"}) {
    const auto child = child_bundle(*parent, name);
    const auto expected = make_bundle(team, team.plans.at(name));
    BOOST_TEST(child.body == expected.body);
    BOOST_TEST(child.hash == expected.hash);
  }
  const auto middle = unpack_bundle(child_bundle(*parent, "middle").body);
  BOOST_REQUIRE(middle.ok());
  BOOST_TEST(child_bundle(*middle, "bottom").hash ==
             make_bundle(team, team.plans.at("bottom")).hash);
}

BOOST_AUTO_TEST_CASE(plans_that_run_each_other_are_told_where_they_do) {
  Files files;
  add_children(files);
  files.write("plans/bottom.yaml", "plan: bottom\nsteps: [{ id: s, plan: middle, with: {} }]\n");
  BOOST_TEST(
      files.faults() ==
      "plans/top.yaml:3:20: the plan `middle` comes to run itself: middle > bottom > middle; "
      "no plan may\n"
      "plans/top.yaml:4:57: the plan `bottom` comes to run itself: bottom > middle > bottom; "
      "no plan may\n"
      "plans/middle.yaml:3:24: the plan `bottom` comes to run itself: bottom > middle > "
      "bottom; no plan may\n"
      "plans/bottom.yaml:2:24: the plan `middle` comes to run itself: middle > bottom > "
      "middle; no plan may\n"
      "plans/bottom.yaml:2:38: the plan asks for the input `n`; add it to `with`\n");
}

BOOST_AUTO_TEST_CASE(what_is_no_bundle_is_refused) {
  const std::pair<const char*, const char*> table[] = {
      {"", "not a bundle: the document itself: not JSON: "},
      {"[]", "not a bundle: the document itself: expected an object, got an array"},
      {R"({"team":"t"})", "not a bundle: it has no plan"},
      {R"({"plan":{},"team":7})", "not a bundle: /team: expected a string, got a number"},
      {R"({"plan":{},"roles":{"r":{"role":"r"}}})", "not a bundle: /roles/r: /kind: missing; "},
      {R"({"plan":{"plan":"p","zebra":1},"team":"t"})",
       "the plan of the bundle cannot be read by this version: plan.json"},
  };
  for (auto [body, expected] : table) {
    const auto unpacked = unpack_bundle(body);
    BOOST_REQUIRE(!unpacked.ok());
    BOOST_TEST((unpacked.error().error_class == ErrorClass::internal));
    BOOST_TEST(unpacked.error().message.substr(0, std::string{expected}.size()) == expected);
  }
}

BOOST_AUTO_TEST_SUITE_END()
