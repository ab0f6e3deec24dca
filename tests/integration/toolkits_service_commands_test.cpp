#include <boost/test/unit_test.hpp>
#include <thread>

#include "tests/support/eventually.hpp"
#include "tests/unit/toolkits/called.hpp"
#include "tests/unit/toolkits/files.hpp"
#include "tests/unit/toolkits/scripted_http.hpp"

using namespace troupe;
using test::contains, test::in;

namespace {

toolkits::Catalogue with_services(const std::string& services) {
  return toolkits::make_catalogue({{"service", JsonText{R"({"services":)" + services + "}"}}},
                                  {"", std::make_shared<test::ScriptedHttp>([](const auto&) {
                                     return make_error(ErrorClass::tool_failed,
                                                       "could not connect");
                                   }),
                                   nullptr});
}

} // namespace

BOOST_AUTO_TEST_SUITE(service_commands)

BOOST_AUTO_TEST_CASE(a_service_without_pid_or_port_is_judged_by_its_own_commands) {
  const support::TemporaryFolder folder;
  const auto up = in(folder, "up");
  const auto made = with_services(R"({"job":{"start":["touch",")" + up + R"("],"stop":["rm",")" +
                                  up + R"("],"status":["test","-e",")" + up + R"("]}})");
  BOOST_REQUIRE(made.faults.empty());
  const std::string job = R"({"service":"job"})";
  BOOST_TEST(!test::output(made, "service.status", job).at("running").as_bool());
  BOOST_TEST(test::output(made, "service.start", job).at("changed").as_bool());
  BOOST_TEST(test::output(made, "service.status", job).at("running").as_bool());
  BOOST_TEST(!test::output(made, "service.start", job).at("changed").as_bool());
  BOOST_TEST(test::output(made, "service.restart", job).at("changed").as_bool());
  BOOST_TEST(test::output(made, "service.stop", job).at("changed").as_bool());
  BOOST_TEST(!test::output(made, "service.status", job).at("process_alive").as_bool());
  BOOST_TEST(!test::output(made, "service.stop", job).at("changed").as_bool());
}

BOOST_AUTO_TEST_CASE(a_command_that_fails_is_quoted_with_its_stage) {
  const support::TemporaryFolder folder;
  test::write_file(in(folder, "down"), "");
  const auto service = [&](const char* more) {
    return with_services(R"({"job":{"stop":["rm",")" + in(folder, "up") +
                         R"("],"status":["test","-e",")" + in(folder, "up") + "\"]," + more + "}}");
  };
  const std::string job = R"({"service":"job"})";
  BOOST_TEST(test::failure(service(R"("start":["sh","-c","echo no luck >&2; exit 3"])"),
                           "service.start", job, ErrorClass::tool_failed) ==
             "service `job`: start failed at stage `start`: `sh`: exit code 3: no luck");
  BOOST_TEST(contains(test::failure(service(R"("start":["true"],"start_timeout":"50ms")"),
                                    "service.start", job, ErrorClass::tool_failed),
                      "start failed at stage `health`: not ready within 50ms"));
  BOOST_TEST(contains(test::failure(service(R"("start":["sleep","100"],"start_timeout":"50ms")"),
                                    "service.start", job, ErrorClass::tool_failed),
                      "`sleep`: no end within 50ms (it must put the service in the background"));
  const auto broken =
      test::failure(service(R"("start":["true"],"check":["sh","-c","echo bad; exit 1"])"),
                    "service.restart", job, ErrorClass::tool_failed);
  BOOST_TEST(broken ==
             "service `job`: restart failed at stage `check`: the configuration is "
             "broken: `sh`: exit code 1: bad; nothing was stopped");
}

BOOST_AUTO_TEST_CASE(a_cancelled_restart_ends_soon_and_says_that_the_service_is_down) {
  const support::TemporaryFolder folder;
  test::write_file(in(folder, "up"), "");
  const auto up = in(folder, "up"), begun = in(folder, "begun");
  const auto made = with_services(R"({"job":{"start":["sh","-c","touch )" + begun +
                                  R"(; sleep 1000"],"stop":["rm",")" + up +
                                  R"("],"status":["test","-e",")" + up + R"("]}})");
  std::stop_source stop;
  const std::jthread canceller{[&] {
    support::eventually([&] { return std::filesystem::exists(begun); });
    stop.request_stop();
  }};
  const auto result =
      test::call(made, "service.restart", R"({"service":"job"})", "job-1", stop.get_token());
  BOOST_REQUIRE(!result.ok());
  BOOST_TEST((result.error() == make_error(ErrorClass::cancelled,
                                           "service `job`: restart failed at stage `start`: "
                                           "cancelled; it is down now")));
}

BOOST_AUTO_TEST_SUITE_END()
