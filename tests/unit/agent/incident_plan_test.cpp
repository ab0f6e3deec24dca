// The incident plan and its team, as they are shipped.
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "runtime/agent/native.hpp"
#include "runtime/config/team.hpp"
#include "runtime/hash.hpp"
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

const plan::Node& step(const char* id) {
  const auto& steps = team().plans.at("service-down").plan.root.children;
  const auto found =
      std::find_if(steps.begin(), steps.end(), [&](const auto& s) { return s.id == id; });
  BOOST_REQUIRE_MESSAGE(found != steps.end(), "no step " << id);
  return *found;
}

/// A run of service-down: what its steps came to, null where they did not complete.
plan::Scope run_in_which(const std::string& steps) {
  return plan::Scope{
      JsonText{R"({"inputs":{"service":"nginx","alert":null},"steps":{)" + steps + "}}"}};
}

const char* const no_step_completed = R"(
  "triage":{"state":"failed","output":null},"examine":{"state":"blocked","output":null},
  "diagnose":{"state":"blocked","output":null},"restart":{"state":"blocked","output":null},
  "verify":{"state":"blocked","output":null},"report":{"state":"failed","output":null})";

const char* const left_to_a_person = R"(
  "triage":{"state":"completed","output":{"service":"nginx","health":null}},
  "examine":{"state":"completed","output":{"probe":{"ok":false},"logs":{},"metrics":{}}},
  "diagnose":{"state":"completed","output":{"cause":"port_held","action":"none",
              "needs_person":"Decide."}},
  "restart":{"state":"skipped","output":null},"verify":{"state":"skipped","output":null},
  "report":{"state":"completed","output":{"report":"report.md"}})";

const char* const healed = R"(
  "triage":{"state":"completed","output":{"service":"nginx","health":null}},
  "examine":{"state":"completed","output":{"probe":{"ok":false},"logs":{},"metrics":{}}},
  "diagnose":{"state":"completed","output":{"cause":"process_gone","action":"restart",
              "needs_person":null}},
  "restart":{"state":"completed","output":{"restarted":true}},
  "verify":{"state":"completed","output":{"answers":{"ok":true},"alert_gone":null}},
  "report":{"state":"completed","output":{"report":"report.md"}})";

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

BOOST_AUTO_TEST_CASE(a_restart_and_its_verification_depend_on_the_diagnosis) {
  const std::tuple<const char*, bool> table[] = {{left_to_a_person, false}, {healed, true}};
  for (const auto& [steps, goes_on] : table)
    for (const auto* id : {"restart", "verify"}) {
      const auto when = plan::evaluate_condition(step(id).when.value(), run_in_which(steps));
      BOOST_REQUIRE(when.ok());
      BOOST_TEST(*when == goes_on);
    }
}

BOOST_AUTO_TEST_CASE(a_report_is_written_however_the_run_went) {
  const auto& report = step("report");
  BOOST_TEST(report.always);
  for (const auto* steps : {no_step_completed, left_to_a_person, healed}) {
    const auto task =
        plan::evaluate(std::get<plan::AgentStep>(report.kind).task, run_in_which(steps));
    BOOST_REQUIRE_EQUAL(task.ok() ? "" : task.error().message, "");
    const World writes = [](const std::string& tool, const std::string&, int) {
      BOOST_TEST(tool == "workspace.write");
      return returns("{}");
    };
    BOOST_TEST(!play(*agent::make_reporter(task_of(task->text)), writes).error.has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_run_tells_in_its_output_how_it_ended) {
  const std::pair<const char*, const char*> table[] = {
      {no_step_completed,
       R"({"action":null,"cause":null,"healed":false,"needs_person":null,"report":null})"},
      {left_to_a_person,
       R"({"action":"none","cause":"port_held","healed":false,"needs_person":"Decide.","report":"report.md"})"},
      {healed,
       R"({"action":"restart","cause":"process_gone","healed":true,"needs_person":null,"report":"report.md"})"},
  };
  for (const auto& [steps, expected] : table) {
    const auto output =
        plan::evaluate(team().plans.at("service-down").plan.output.value(), run_in_which(steps));
    BOOST_REQUIRE_EQUAL(output.ok() ? "" : output.error().message, "");
    BOOST_TEST(canonical(*output) == expected);
  }
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
