// The incident plan and its team, as they are shipped.
#include <boost/test/unit_test.hpp>

#include "runtime/config/team.hpp"
#include "tests/unit/agent/play.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

const config::Team& team() {
  static const auto loaded = [] {
    auto result = config::load_team(TROUPE_SOURCE_DIR "/configs/teams/incident-response.yaml");
    for (const auto& [file, fault] : result.faults) BOOST_ERROR(plan::to_string(fault, file));
    return std::move(result.team);
  }();
  return loaded;
}

} // namespace

BOOST_AUTO_TEST_SUITE(incident_team)

BOOST_AUTO_TEST_CASE(the_team_loads_with_its_plans_and_runbooks_and_without_a_fault) {
  BOOST_TEST(team().name == "incident-response");
  BOOST_TEST(team().plans.contains("service-down"));
  BOOST_TEST(team().plans.contains("service-check"));
  for (const auto& [name, role] : team().roles) {
    auto task = task_of("{}");
    task.role = role;
    BOOST_TEST(agent::make_agent(task).ok(), "an agent of role " << name);
  }
}

BOOST_AUTO_TEST_CASE(only_the_restarter_may_change_a_service) {
  for (const auto& [name, role] : team().roles)
    for (const auto& tool : role.tools)
      for (const auto* changes :
           {"service.start", "service.stop", "service.reload", "service.restart", "service.*", "*"})
        BOOST_TEST((tool != changes || name == "restarter"), name << " may call " << tool);
}

BOOST_AUTO_TEST_CASE(a_bundle_of_each_plan_unpacks_to_the_same_plan) {
  for (const auto& [name, plan] : team().plans) {
    const auto bundle = config::make_bundle(team(), plan);
    const auto unpacked = config::unpack_bundle(bundle.body);
    BOOST_REQUIRE(unpacked.ok());
    BOOST_TEST(unpacked->plan.hash == plan.plan.hash);
  }
}

BOOST_AUTO_TEST_SUITE_END()
