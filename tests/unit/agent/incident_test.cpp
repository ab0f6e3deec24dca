// The runbooks of the incident-response team, as they are shipped, against a scripted world.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <map>

#include "runtime/json_schema.hpp"
#include "tests/unit/agent/play.hpp"
#include "toolkits/catalogue.hpp"

using namespace troupe;
using namespace troupe::test;
namespace json = boost::json;

namespace {

const toolkits::ToolSpec& spec_of(const std::string& tool) {
  static std::map<std::string, toolkits::ToolSpec> specs;
  if (specs.empty())
    for (const auto& toolkit : toolkits::known_toolkits())
      for (auto& spec : toolkits::known_tools(toolkit)) specs.emplace(spec.name, std::move(spec));
  const auto found = specs.find(tool);
  BOOST_REQUIRE_MESSAGE(found != specs.end(), "there is no tool " << tool);
  return found->second;
}

void expect_schema(const JsonText& schema, const JsonText& document, const std::string& what) {
  for (const auto& fault : schema_faults(schema.text, document)) BOOST_ERROR(what << fault);
}

/// Plays a runbook in a world that is held to the schemas of the real tools.
Played follow(const std::string& name, const std::string& task, const World& world) {
  const World held = [&](const std::string& tool, const std::string& arguments, int call) {
    const auto& spec = spec_of(tool);
    expect_schema(spec.input_schema, JsonText{arguments}, "arguments of " + tool + ": ");
    auto outcome = world(tool, arguments, call);
    if (!outcome.error) expect_schema(spec.output_schema, outcome.output, tool + " answers ");
    return outcome;
  };
  return play_runbook(source_file("configs/runbooks/" + name + ".yaml"), task, held);
}

json::object output_of(const Played& played) {
  BOOST_REQUIRE_EQUAL(played.error ? played.error->message : "", "");
  return json::parse(played.output).as_object();
}

/// What service.status says of a healthy nginx, with `changes` (JSON) laid over it.
std::string status(const char* changes) {
  auto seen = json::parse(R"({"service":"nginx","description":"web","running":true,"pid":17,
    "process_alive":true,"process_state":"S","processes":[],
    "health":{"ok":true,"detail":"status 200"},
    "port":{"number":8080,"held_by":{"pid":17,"process":"nginx"},"held_by_service":true},
    "config":{"ok":true,"detail":"exit code 0"},"summary":"as seen"})")
                  .as_object();
  const auto laid_over = json::parse(changes).as_object();
  for (const auto& [key, value] : laid_over) seen[key] = value;
  return json::serialize(seen);
}

/// What alertmanager.alerts says of alerts with these fingerprints, all in this state.
message::ActivityOutcome alerts(std::initializer_list<const char*> fingerprints,
                                const char* state = "active", bool truncated = false) {
  json::array list;
  for (const auto* fingerprint : fingerprints)
    list.push_back({{"fingerprint", fingerprint},
                    {"labels", json::object{}},
                    {"annotations", json::object{}},
                    {"state", state},
                    {"starts_at", "2026-11-20T10:00:00Z"}});
  const auto total = list.size();
  return returns(json::serialize(
      json::object{{"alerts", std::move(list)}, {"total", total}, {"truncated", truncated}}));
}

message::ActivityOutcome probed(bool ok, const std::string& detail) {
  return returns(json::serialize(
      json::object{{"ok", ok}, {"status", nullptr}, {"duration_ms", 1}, {"detail", detail}}));
}

const message::ActivityOutcome restarted = returns(
    R"({"service":"nginx","action":"restart","changed":true,"pid":21,
        "stages":[{"stage":"stop","detail":"","duration_ms":1}]})");

} // namespace

BOOST_AUTO_TEST_SUITE(incident_runbooks)

BOOST_AUTO_TEST_CASE(triage_finds_the_service_and_whether_its_alert_still_fires) {
  const auto services = returns(
      R"({"services":[
        {"service":"db","description":"","port":null,"can_reload":false,"health":null},
        {"service":"nginx","description":"web","port":80,"can_reload":true,
         "health":{"http":"http://h/","tcp":null}}]})");
  const std::string alert = R"({"fingerprint":"f1","labels":{"service":"nginx"}})";
  const std::tuple<message::ActivityOutcome, std::string, const char*> table[] = {
      {alerts({"f0", "f1"}), alert, "active"},
      {alerts({"f1"}, "suppressed"), alert, "suppressed"},
      {alerts({"f0"}), alert, "gone"},
      {fails(ErrorClass::tool_failed, "connection refused"), alert, "tool_failed"},
      {alerts({"f0"}), "null", "gone"},
  };
  for (const auto& [answer, task_alert, state] : table) {
    const auto world = [&services, &answer = answer](const std::string& tool,
                                                     const std::string& arguments, int) {
      if (tool == "service.list") return services;
      BOOST_TEST(arguments ==
                 R"({"filter":["service=\"nginx\""],"silenced":true,"inhibited":true})");
      return answer;
    };
    const auto output = output_of(
        follow("triage-alert", R"({"service":"nginx","alert":)" + task_alert + "}", world));
    BOOST_TEST(output.at("service").as_string() == "nginx");
    BOOST_TEST(output.at("description").as_string() == "web");
    BOOST_TEST(output.at("health").at("http").as_string() == "http://h/");
    BOOST_TEST(output.at("alert").as_string() == state);
  }
}

BOOST_AUTO_TEST_CASE(triage_refuses_a_service_that_the_catalogue_has_not) {
  const auto played =
      follow("triage-alert", R"({"service":"evil\" or 1","alert":null})",
             [](const std::string& tool, const std::string& arguments, int) {
               if (tool == "service.list") return returns(R"({"services":[]})");
               BOOST_TEST(arguments.find("evil") == std::string::npos); // it reaches no matcher
               return alerts({});
             });
  BOOST_REQUIRE(played.error);
  BOOST_TEST((played.error->error_class == ErrorClass::task_failed));
  BOOST_TEST(played.error->message.find("add the service to") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_alert_is_watched_until_alertmanager_forgets_it) {
  const auto watch = [](const World& world) {
    return follow("watch-alert", R"({"service":"nginx","alert":{"fingerprint":"f1"}})", world);
  };
  const auto gone = watch([](const std::string&, const std::string&, int call) {
    if (call == 0) return alerts({"f1"});
    if (call == 1) return fails(ErrorClass::tool_failed, "connection refused");
    if (call == 2) return alerts({}, "active", true);
    return alerts({"f2"});
  });
  BOOST_TEST(gone.output == R"({"alert":"gone"})");
  BOOST_TEST(gone.took.count() == 3000);
  const auto stays = watch(
      [](const std::string&, const std::string&, int) { return alerts({"f1"}, "suppressed"); });
  BOOST_REQUIRE(stays.error);
  BOOST_TEST((stays.error->error_class == ErrorClass::task_failed));
  BOOST_TEST(stays.took.count() == 300'000);
}

BOOST_AUTO_TEST_CASE(evidence_leads_to_its_diagnosis) {
  struct Row {
    const char* seen;
    const char* cause;
    const char* action;
    const char* person; // what the decision names; empty: none is asked for
  };
  const Row table[] = {
      {"{}", "already_healthy", "none", ""},
      {R"({"config":{"ok":false,"detail":"unknown directive"}})", "already_healthy", "none", ""},
      {R"({"running":false,"process_alive":false,"pid":null,"health":{"ok":false,"detail":"refused"},
           "port":{"number":8080,"held_by":null,"held_by_service":false}})",
       "process_gone", "restart", ""},
      // The master was killed; a worker of it still holds the port, and even answers.
      {R"({"running":false,"process_alive":false,"pid":null,
           "port":{"number":8080,"held_by":{"pid":18,"process":"nginx"},"held_by_service":true}})",
       "process_gone", "restart", ""},
      {R"({"running":false,"health":{"ok":false,"detail":"no answer within 2s"}})", "process_hung",
       "restart", ""},
      {R"({"running":false,"process_state":"T"})", "process_hung", "restart", ""},
      // It lives, and somebody whom we may not see holds the port: perhaps itself.
      {R"({"running":false,"health":{"ok":false,"detail":"no answer"},
           "port":{"number":8080,"held_by":{"pid":null,"process":null,"user":0},
                   "held_by_service":false}})",
       "process_hung", "restart", ""},
      {R"({"running":false,"process_alive":false,"pid":null,"health":{"ok":false,"detail":"404"},
           "port":{"number":8080,"held_by":{"pid":99,"process":"python3"},
                   "held_by_service":false}})",
       "port_held", "none", "port 8080"},
      {R"({"running":false,"process_alive":false,"pid":null,"health":{"ok":true,"detail":"200"},
           "port":{"number":8080,"held_by":{"pid":null,"process":null,"user":1000},
                   "held_by_service":false}})",
       "port_held", "none", "port 8080"},
      {R"({"running":false,"process_alive":false,"health":{"ok":false,"detail":"refused"},
           "port":{"number":8080,"held_by":null,"held_by_service":false},
           "config":{"ok":false,"detail":"unknown directive on line 7"}})",
       "configuration_broken", "none", "unknown directive on line 7"},
      // It hangs, and what would be started again is broken: ending it would make things worse.
      {R"({"running":false,"health":{"ok":false,"detail":"no answer"},
           "config":{"ok":false,"detail":"unknown directive on line 7"}})",
       "configuration_broken", "none", "unknown directive on line 7"},
  };
  for (const auto& [seen, cause, action, person] : table) BOOST_TEST_CONTEXT(seen) {
      const World world = [&](const std::string& tool, const std::string& arguments, int) {
        BOOST_TEST(tool == "service.status");
        BOOST_TEST(arguments == R"({"service":"nginx"})");
        return returns(status(seen));
      };
      const auto output = output_of(
          follow("diagnose-service", R"({"service":"nginx","probe":{"ok":false}})", world));
      BOOST_TEST(output.at("cause").as_string() == cause);
      BOOST_TEST(output.at("action").as_string() == action);
      BOOST_TEST(output.at("explanation").as_string().find("as seen") != json::string::npos);
      BOOST_TEST(output.at("evidence").at("status").at("service").as_string() == "nginx");
      BOOST_TEST(output.at("evidence").at("probe").at("ok").as_bool() == false);
      if (*person == '\0')
        BOOST_TEST(output.at("needs_person").is_null());
      else
        BOOST_TEST(output.at("needs_person").as_string().find(person) != json::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_diagnosis_fails_when_nobody_can_look) {
  const auto played = follow("diagnose-service", R"({"service":"nginx","probe":null})",
                             [](const std::string&, const std::string&, int) {
                               return fails(ErrorClass::tool_failed, "nobody serves it");
                             });
  BOOST_REQUIRE(played.error);
  BOOST_TEST((played.error->error_class == ErrorClass::tool_failed));
}

BOOST_AUTO_TEST_CASE(a_restart_looks_whether_the_service_stays_up) {
  const World world = [](const std::string& tool, const std::string&, int call) {
    if (tool == "service.restart") return restarted;
    return returns(status(call == 0 ? R"({"running":false})" : R"({"pid":21})"));
  };
  const auto played = follow("restart-service", R"({"service":"nginx"})", world);
  const auto output = output_of(played);
  BOOST_TEST(output.at("restarted").as_bool());
  BOOST_TEST(output.at("pid").as_int64() == 21);
  BOOST_TEST(output.at("stages").as_array().size() == 1u);
  BOOST_TEST(played.took.count() == 500);
}

BOOST_AUTO_TEST_CASE(a_restart_that_fails_or_does_not_last_fails_its_step) {
  const auto refused = follow("restart-service", R"({"service":"nginx"})",
                              [](const std::string&, const std::string&, int) {
                                return fails(ErrorClass::tool_failed, "exit code 1");
                              });
  BOOST_REQUIRE(refused.error);
  BOOST_TEST((refused.error->error_class == ErrorClass::tool_failed));
  BOOST_TEST(refused.calls().size() == 1u);
  const auto short_lived = follow("restart-service", R"({"service":"nginx"})",
                                  [](const std::string& tool, const std::string&, int) {
                                    if (tool == "service.restart") return restarted;
                                    return returns(status(R"({"running":false})"));
                                  });
  BOOST_REQUIRE(short_lived.error);
  BOOST_TEST((short_lived.error->error_class == ErrorClass::task_failed));
}

BOOST_AUTO_TEST_CASE(a_service_is_probed_as_its_catalogue_says) {
  const World world = [](const std::string& tool, const std::string&, int) {
    return probed(true, tool);
  };
  const std::pair<const char*, const char*> table[] = {
      {R"({"http":"http://h/","tcp":null})", R"(probe.http {"url":"http://h/"})"},
      {R"({"http":null,"tcp":{"host":"h","port":5}})", R"(probe.tcp {"host":"h","port":5})"},
  };
  for (const auto& [health, call] : table)
    for (const auto* runbook : {"probe-service", "verify-service"})
      BOOST_TEST_CONTEXT(runbook << " " << health) {
        const auto played =
            follow(runbook, R"({"service":"nginx","health":)" + std::string{health} + "}", world);
        BOOST_TEST(played.calls() == std::vector<std::string>{call});
        BOOST_TEST(output_of(played).at("ok").as_bool());
      }
  const auto unknown = follow("probe-service", R"({"health":null})", world);
  BOOST_TEST(unknown.calls().empty());
  BOOST_TEST(output_of(unknown).at("ok").is_null());
}

BOOST_AUTO_TEST_CASE(a_service_is_verified_once_it_answers_and_not_before) {
  const auto played = follow(
      "verify-service", R"({"service":"nginx","health":{"http":"http://h/","tcp":null}})",
      [](const std::string&, const std::string&, int call) { return probed(call == 3, "seen"); });
  BOOST_TEST(played.calls().size() == 4u);
  BOOST_TEST(output_of(played).at("detail").as_string() == "seen");
}

BOOST_AUTO_TEST_CASE(evidence_that_cannot_be_had_is_told_and_fails_nothing) {
  const World down = [](const std::string&, const std::string&, int) {
    return fails(ErrorClass::tool_failed, "connection refused");
  };
  const std::pair<const char*, const char*> table[] = {
      {"probe-service", R"({"health":{"http":"http://h/"}})"},
      {"read-logs", R"({"service":"nginx"})"},
      {"read-metrics", R"({"service":"nginx"})"},
  };
  for (const auto& [runbook, task] : table) BOOST_TEST_CONTEXT(runbook) {
      const auto played = follow(runbook, task, down);
      BOOST_TEST(!played.error.has_value());
      BOOST_TEST(played.output.find("connection refused") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(metrics_are_told_by_their_values) {
  const auto played = follow("read-metrics", R"({"service":"nginx"})",
                             [](const std::string&, const std::string& arguments, int) {
                               if (arguments.find("probe_success") != std::string::npos)
                                 return fails(ErrorClass::timeout, "slow");
                               const bool up = arguments == R"({"query":"up{service=\"nginx\"}"})";
                               return returns(json::serialize(json::object{
                                   {"result_type", "vector"},
                                   {"value", up ? json::value(0) : json::value(nullptr)},
                                   {"series", json::array{}},
                                   {"total", 0},
                                   {"truncated", false},
                                   {"note", ""}}));
                             });
  BOOST_TEST(played.output ==
             R"({"up":0,"probe_success":{"class":"timeout","message":"slow"},"alerts":[]})");
}

BOOST_AUTO_TEST_CASE(a_service_without_a_health_check_is_verified_by_its_status) {
  const World world = [](const std::string& tool, const std::string&, int call) {
    BOOST_TEST(tool == "service.status");
    return returns(status(call < 2 ? R"({"running":false})" : "{}"));
  };
  const auto played = follow("verify-service", R"({"service":"nginx","health":null})", world);
  BOOST_TEST(played.calls().size() == 3u);
  BOOST_TEST(output_of(played).at("detail").as_string() == "as seen");
}

BOOST_AUTO_TEST_SUITE_END()
