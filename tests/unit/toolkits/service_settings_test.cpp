#include "toolkits/service/settings.hpp"

#include "tests/unit/toolkits/called.hpp"
#include "tests/unit/toolkits/scripted_http.hpp"

using namespace troupe;
using test::contains;

namespace {

std::shared_ptr<ports::HttpClient> silent_http() {
  return std::make_shared<test::ScriptedHttp>(
      [](const auto&) { return make_error(ErrorClass::tool_failed, "could not connect"); });
}

toolkits::Catalogue with_services(const std::string& services) {
  return toolkits::make_catalogue({{"service", JsonText{R"({"services":)" + services + "}"}}},
                                  {"", silent_http(), nullptr});
}

} // namespace

BOOST_AUTO_TEST_SUITE(service_settings)

BOOST_AUTO_TEST_CASE(a_whole_service_is_read) {
  const auto catalogue = service::parse_settings(JsonText{R"({"services":{"web":{
    "description":"the web server","start":["nginx","-c","x y"],"stop":["nginx","-s","quit"],
    "reload":["true"],"status":["true"],"check":["nginx","-t"],"pid_file":"/run/web.pid",
    "process":"nginx","port":8080,"address":"127.0.0.1",
    "health":{"tcp":"[::1]:81","timeout":"500ms"},"stop_grace":"3s","start_timeout":"1m"}}})"});
  BOOST_TEST(catalogue.faults.empty());
  const auto* web = catalogue.find("web");
  BOOST_REQUIRE(web);
  BOOST_TEST(web->start == (service::Argv{"nginx", "-c", "x y"}), boost::test_tools::per_element());
  BOOST_TEST(*web->port == 8080);
  BOOST_TEST(web->health.tcp_host == "::1");
  BOOST_TEST(web->health.tcp_port == 81);
  BOOST_TEST(web->health.timeout.count() == 500);
  BOOST_TEST(web->stop_grace.count() == 3'000);
  BOOST_TEST(web->traceable());
  BOOST_TEST(!catalogue.find("api"));
}

BOOST_AUTO_TEST_CASE(every_fault_has_its_pointer) {
  const std::pair<const char*, const char*> table[] = {
      {R"({"a":{"stop":["true"]}})", "/toolkits/service/services/a: `start` is missing"},
      {R"({"a":{"start":[],"stop":["true"]}})", "/toolkits/service/services/a/start: Array should"},
      {R"({"a":{"start":"nginx"}})",
       "/toolkits/service/services/a/start: expected array, found str"},
      {R"({"a":{"start":["true"],"stop":["bin/x"],"status":["true"]}})",
       "/toolkits/service/services/a/stop/0: expected a name that stands in PATH"},
      {R"({"a":{"start":["true"],"status":["true"]}})",
       "/toolkits/service/services/a: give stop or pid_file"},
      {R"({"a":{"start":["true"],"stop":["true"]}})",
       "/toolkits/service/services/a: give pid_file, port with process, status or health"},
      {R"({"a":{"start":["true"],"stop":["true"],"port":80,"status":["true"]}})",
       "/toolkits/service/services/a/port: give process or pid_file too"},
      {R"({"a":{"start":["true"],"pid_file":"x"}})",
       "/toolkits/service/services/a/pid_file: expected a text that matches ^/."},
      {R"({"a":{"start":["true"],"pid_file":"/x","address":"localhost","port":1}})",
       "/toolkits/service/services/a/address: expected an IP address"},
      {R"({"a":{"start":["true"],"pid_file":"/x","address":"::"}})",
       "/toolkits/service/services/a/address: give port too"},
      {R"({"a":{"start":["true"],"pid_file":"/x","health":{}}})",
       "/toolkits/service/services/a/health: expected one of http, tcp"},
      {R"({"a":{"start":["true"],"pid_file":"/x","health":{"http":"file:///x"}}})",
       "/toolkits/service/services/a/health/http: the URL is not usable"},
      {R"({"a":{"start":["true"],"pid_file":"/x","health":{"tcp":"x:70000"}}})",
       "/toolkits/service/services/a/health/tcp: expected host:port"},
      {R"({"a":{"start":["true"],"pid_file":"/x","stop_grace":"5m"}})",
       "/toolkits/service/services/a/stop_grace: expected at most 1m"},
      {R"({"a b":{"start":["true"],"pid_file":"/x"}})",
       "/toolkits/service/services/a b: a service's name has"},
      {R"({"a":{"start":["true\u0000"],"pid_file":"/x"}})",
       "/toolkits/service/services/a/start/0: expected a text without NUL"},
  };
  for (auto [services, expected] : table) {
    const auto made = with_services(services);
    BOOST_REQUIRE_MESSAGE(made.faults.size() == 1u, services);
    BOOST_TEST(made.faults[0].starts_with(expected), made.faults[0]);
  }
}

BOOST_AUTO_TEST_CASE(a_missing_program_disables_the_toolkit_and_is_named_with_its_service) {
  const auto made = with_services(
      R"({"db":{"start":["true"],"pid_file":"/x"},"web":{"start":["no-such-server"],"pid_file":"/x"}})");
  BOOST_TEST(made.faults.empty());
  BOOST_REQUIRE(made.disabled.size() == 1u);
  BOOST_TEST(contains(made.disabled[0].reason,
                      "service `web`, start: cannot run `no-such-server`: it is in none of"));
  BOOST_TEST(contains(made.disabled[0].reason, "install it or give its absolute path"));
}

BOOST_AUTO_TEST_CASE(services_are_listed_and_an_unknown_one_is_refused_with_the_known) {
  const auto made = with_services(
      R"({"db":{"start":["true"],"pid_file":"/x","description":"the database"},
          "api":{"start":["true"],"pid_file":"/x","port":81,"reload":["true"],
                 "health":{"http":"http://127.0.0.1:81/"}},
          "mq":{"start":["true"],"pid_file":"/x","health":{"tcp":"127.0.0.1:82"}}})");
  const auto list = test::output(made, "service.list", "{}").at("services").as_array();
  BOOST_REQUIRE(list.size() == 3u);
  BOOST_TEST(list[0].at("service").as_string() == "api");
  BOOST_TEST(list[0].at("port").as_int64() == 81);
  BOOST_TEST(list[0].at("can_reload").as_bool());
  BOOST_TEST(list[0].at("health").at("http").as_string() == "http://127.0.0.1:81/");
  BOOST_TEST(list[1].at("description").as_string() == "the database");
  BOOST_TEST(list[1].at("health").is_null());
  BOOST_TEST(list[2].at("health").at("tcp").at("host").as_string() == "127.0.0.1");
  BOOST_TEST(list[2].at("health").at("tcp").at("port").to_number<int>() == 82);
  BOOST_TEST(test::failure(made, "service.restart", R"({"service":"api; rm -rf /"})",
                           ErrorClass::invalid_input) ==
             "/service: this node has no service `api; rm -rf /`; it has api, db, mq");
  BOOST_TEST(contains(
      test::failure(made, "service.reload", R"({"service":"db"})", ErrorClass::invalid_input),
      "has no reload command"));
  for (auto arguments : {R"({"service":"api","argv":["x"]})", R"({"service":["api"]})", "{}"})
    test::failure(made, "service.restart", arguments, ErrorClass::invalid_input);
}

BOOST_AUTO_TEST_SUITE_END()
