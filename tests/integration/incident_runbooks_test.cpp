// The incident runbooks as they are shipped, with the real service toolkit and a real nginx as the
// patient: each cause is brought about, diagnosed, and healed or left to a person.
#include <signal.h>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/integration/nginx_patient.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/agent/play.hpp"
#include "tests/unit/toolkits/called.hpp"

using namespace troupe;
using support::alive, support::eventually;
using test::NginxPatient, test::Played;
namespace json = boost::json;

namespace {

/// The patient's tools are the world.
test::World world_of(const NginxPatient& patient) {
  return [&](const std::string& tool, const std::string& arguments, int) {
    const auto answer = test::call(patient.catalogue(), tool, arguments);
    if (!answer.ok()) return test::fails(answer.error().error_class, answer.error().message);
    return test::returns(answer->text);
  };
}

Played follow(const std::string& runbook, const NginxPatient& patient) {
  return test::play_runbook(test::source_file("configs/runbooks/" + runbook + ".yaml"),
                            R"({"service":"web","health":null,"probe":null})", world_of(patient));
}

json::object diagnose(const NginxPatient& patient) {
  const auto played = follow("diagnose-service", patient);
  BOOST_REQUIRE_EQUAL(played.error ? played.error->message : "", "");
  return json::parse(played.output).as_object();
}

void start(const NginxPatient& patient) {
  const auto started = world_of(patient)("service.start", R"({"service":"web"})", 0);
  BOOST_REQUIRE_EQUAL(started.error ? started.error->message : "", "");
}

/// The cause asks for a restart, the restart heals, and nothing is left to say.
void expect_healed_by_restart(const NginxPatient& patient, const std::string& cause) {
  const auto diagnosis = diagnose(patient);
  BOOST_TEST(diagnosis.at("cause").as_string() == cause);
  BOOST_TEST(diagnosis.at("action").as_string() == "restart");
  const auto restarted = follow("restart-service", patient);
  BOOST_TEST((restarted.error ? restarted.error->message : "") == "");
  BOOST_TEST(!follow("verify-service", patient).error.has_value());
  BOOST_TEST(diagnose(patient).at("cause").as_string() == "already_healthy");
}

/// The cause asks for a person, and a restart would be refused.
void expect_left_to_a_person(const NginxPatient& patient, const std::string& cause,
                             const std::string& decision) {
  const auto diagnosis = diagnose(patient);
  BOOST_TEST(diagnosis.at("cause").as_string() == cause);
  BOOST_TEST(diagnosis.at("action").as_string() == "none");
  BOOST_TEST(diagnosis.at("needs_person").as_string().find(decision) != json::string::npos);
  const auto refused = follow("restart-service", patient);
  BOOST_REQUIRE(refused.error);
  BOOST_TEST((refused.error->error_class == ErrorClass::tool_failed));
}

} // namespace

BOOST_AUTO_TEST_SUITE(incident_runbooks_with_nginx)

BOOST_AUTO_TEST_CASE(a_healthy_service_needs_nothing) {
  const NginxPatient patient;
  start(patient);
  const auto diagnosis = diagnose(patient);
  BOOST_TEST(diagnosis.at("cause").as_string() == "already_healthy");
  BOOST_TEST(diagnosis.at("action").as_string() == "none");
  BOOST_TEST(diagnosis.at("needs_person").is_null());
}

BOOST_AUTO_TEST_CASE(a_process_that_is_gone_is_restarted) {
  const NginxPatient patient;
  start(patient);
  const auto master = patient.master();
  ::kill(-master, SIGKILL);
  BOOST_REQUIRE(eventually([&] { return !alive(master); }));
  expect_healed_by_restart(patient, "process_gone");
}

BOOST_AUTO_TEST_CASE(a_killed_master_whose_workers_still_answer_is_restarted) {
  const NginxPatient patient{R"("stop_grace":"2s")"};
  start(patient);
  const auto master = patient.master();
  ::kill(master, SIGKILL);
  BOOST_REQUIRE(eventually([&] { return !alive(master); }));
  expect_healed_by_restart(patient, "process_gone");
}

BOOST_AUTO_TEST_CASE(a_process_that_hangs_is_restarted) {
  const NginxPatient patient{R"("stop_grace":"1s")"};
  start(patient);
  ::kill(-patient.master(), SIGSTOP);
  expect_healed_by_restart(patient, "process_hung");
}

BOOST_AUTO_TEST_CASE(a_port_that_another_holds_is_left_to_a_person) {
  const NginxPatient patient;
  const NginxPatient other{"", patient.port()};
  start(other);
  expect_left_to_a_person(patient, "port_held", "port " + std::to_string(patient.port()));
  BOOST_TEST(alive(other.master()));
}

BOOST_AUTO_TEST_CASE(a_broken_configuration_is_left_to_a_person) {
  const NginxPatient patient;
  start(patient);
  const auto master = patient.master();
  patient.configure("return 200 ok; no_such_directive on;");
  ::kill(-master, SIGKILL);
  BOOST_REQUIRE(eventually([&] { return !alive(master); }));
  expect_left_to_a_person(patient, "configuration_broken", "no_such_directive");
}

BOOST_AUTO_TEST_CASE(a_restart_that_fails_the_first_time_heals_the_second) {
  const NginxPatient patient{R"("start_timeout":"1s","stop_grace":"1s")"};
  start(patient);
  ::kill(-patient.master(), SIGSTOP);
  patient.configure("return 500;");
  const auto first = follow("restart-service", patient);
  BOOST_REQUIRE(first.error);
  BOOST_TEST((first.error->error_class == ErrorClass::tool_failed));
  patient.configure("return 200 ok;");
  BOOST_TEST(!follow("restart-service", patient).error.has_value());
  BOOST_TEST(diagnose(patient).at("cause").as_string() == "already_healthy");
}

BOOST_AUTO_TEST_SUITE_END()
