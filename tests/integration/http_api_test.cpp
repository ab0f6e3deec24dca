// The API over a real server, with an engine that the test plays.
#include "net/http/api.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/integration/api_world.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace troupe;
using namespace troupe::test;
namespace json = boost::json;

namespace {

using World = ApiWorld;

} // namespace

BOOST_AUTO_TEST_SUITE(http_api)

BOOST_AUTO_TEST_CASE(a_job_is_started_once_for_each_key) {
  World world;
  const auto created =
      world.ask("POST", "/v1/jobs", R"({"plan":"plan: p","plan_file":"p.yaml","inputs":{"a":1}})",
                {{"Idempotency-Key", "new"}});
  BOOST_TEST(created.status == 201);
  BOOST_TEST(created.body ==
             R"({"job":")" + job_text + R"(","run":")" + run_text + R"(","duplicate":false})");
  BOOST_TEST(header(created, "location") == "/v1/jobs/" + job_text);
  BOOST_TEST(world.engine.asked.plan_file == "p.yaml");
  BOOST_TEST(world.engine.asked.inputs.text == R"({"a":1})");
  const auto again =
      world.ask("POST", "/v1/jobs", R"({"plan_name":"p","idempotency_key":"known"})");
  BOOST_TEST(again.status == 200);
  BOOST_TEST(again.body.find(R"("duplicate":true)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(lists_and_single_things_are_json) {
  World world;
  const std::pair<std::string, std::string> table[] = {
      {"/v1/jobs", R"({"jobs":[{"id":")" + job_text},
      {"/v1/jobs/" + job_text, R"({"id":")" + job_text},
      {"/v1/runs?limit=7", R"({"runs":[{"id":")" + run_text},
      {"/v1/runs/" + run_text, R"({"id":"the run"})"},
      {"/v1/runs/" + run_text + "/events", R"({"after":"none","limit":256,"wait":0})"},
      {"/v1/runs/" + run_text + "/events?after=0&limit=5", R"({"after":"0","limit":5,"wait":0})"},
      {"/v1/limits", R"({"rules":[],"limits":[]})"},
      {"/v1/nodes", R"({"nodes":[{"name":"n1")"},
      {"/healthz", R"({"status":"ok"})"},
      {"/readyz", R"({"ready":true)"},
      {"/", R"({"service":"troupe","node":"n1","version":"0.1.0","endpoints":{)"},
  };
  for (const auto& [path, beginning] : table) {
    const auto response = world.ask("GET", path);
    BOOST_TEST(response.status == 200, path);
    BOOST_TEST(header(response, "content-type") == "application/json");
    BOOST_TEST(response.body.starts_with(beginning), response.body);
    BOOST_TEST(json::parse(response.body).is_object());
  }
  world.ask("GET", "/v1/jobs?team=a%20b&state=failed&limit=9&before=" + job_text);
  BOOST_TEST(world.engine.filter.team == "a b");
  BOOST_TEST((world.engine.filter.state == ports::RunState::failed));
  BOOST_TEST(world.engine.filter.limit == 9u);
}

BOOST_AUTO_TEST_CASE(every_endpoint_of_the_index_is_served) {
  World world;
  const auto index = json::parse(world.ask("GET", "/").body).as_object();
  const auto& endpoints = index.at("endpoints").as_object();
  BOOST_TEST(endpoints.size() == 42u);
  for (const auto& [endpoint, meaning] : endpoints) {
    std::istringstream words{std::string{endpoint}};
    std::string method, path;
    words >> method >> path;
    const auto response = world.ask(method, path, method == "POST" ? "{}" : "");
    BOOST_TEST(response.status != 405, endpoint);
    BOOST_TEST((response.status != 404 || response.body.find("there is no ") != std::string::npos),
               endpoint);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_404_and_what_is_wrong_is_400) {
  World world;
  const struct {
    const char* method;
    std::string path, body;
    int status;
    const char* words;
  } table[] = {
      {"GET", "/v1/jobs/" + nobody, "", 404, "there is no job 018bcfe5"},
      {"GET", "/v1/jobs/7", "", 404, "there is no job 7"},
      {"GET", "/v1/runs/" + nobody, "", 404, "there is no run"},
      {"GET", "/v1/runs/" + nobody + "/events", "", 404, "there is no run"},
      {"POST", "/v1/runs/" + nobody + "/signals/go", "", 404, "there is no run"},
      {"POST", "/v1/runs/x/cancel", "", 404, "there is no run x"},
      {"GET", "/v1/jobs?limit=0", "", 400, "?limit=0: expected a number from 1 to 1000"},
      {"GET", "/v1/runs?before=" + job_text, "", 400, "?before=: unknown"},
      {"GET", "/v1/runs/" + run_text + "/events?after=x", "", 400, "?after=x: expected a number"},
      {"POST", "/v1/jobs", "plan: p", 400, "the body is not JSON"},
      {"POST", "/v1/jobs", "{}", 400, "expected one of /plan"},
      {"POST", "/v1/runs/" + run_text + "/signals/a%20b", "", 400, "is not the name of a signal"},
      {"POST", "/v1/runs/" + run_text + "/signals/go", "{a}", 400, "the body is not JSON"},
      {"POST", "/v1/runs/" + run_text + "/cancel", "[]", 400, "expected a JSON object with reason"},
      {"PUT", "/v1/jobs", "", 405, "/v1/jobs takes POST, GET, HEAD"},
      {"GET", "/v2/jobs", "", 404, "there is nothing at /v2/jobs"},
  };
  for (const auto& row : table) BOOST_TEST_CONTEXT(row.method << " " << row.path) {
      expect_problem(world.ask(row.method, row.path, row.body), row.status, row.words);
    }
}

BOOST_AUTO_TEST_CASE(a_run_is_signalled_and_cancelled) {
  World world;
  const auto signalled =
      world.ask("POST", "/v1/runs/" + run_text + "/signals/approved", R"({"by":"ann"})");
  BOOST_TEST(signalled.status == 200);
  BOOST_TEST(signalled.body == R"({"recorded":true})");
  BOOST_TEST(world.engine.last_signal == R"(approved {"by":"ann"})");
  const auto cancelled =
      world.ask("POST", "/v1/runs/" + run_text + "/cancel", R"({"reason":"enough"})");
  BOOST_TEST(cancelled.status == 200);
  BOOST_TEST(world.engine.last_signal == "cancel enough");
  BOOST_TEST(world.ask("POST", "/v1/runs/" + run_text + "/cancel").status == 200);
  world.engine.ended = true;
  expect_problem(world.ask("POST", "/v1/runs/" + run_text + "/cancel"), 409, "the run has ended");
}

BOOST_AUTO_TEST_CASE(the_engines_refusals_become_statuses) {
  World world;
  const std::tuple<ErrorClass, int> table[] = {{ErrorClass::invalid_input, 400},
                                               {ErrorClass::no_capacity, 503},
                                               {ErrorClass::denied, 403},
                                               {ErrorClass::timeout, 504},
                                               {ErrorClass::internal, 503}};
  for (auto [error_class, status] : table) {
    world.engine.fault = make_error(error_class, "line one\nline two");
    const auto refused = world.ask("POST", "/v1/jobs", R"({"plan_name":"p"})");
    expect_problem(refused, status, "line one\nline two");
    BOOST_TEST(header(refused, "retry-after").empty() == (status != 503));
    if (error_class != ErrorClass::invalid_input)
      expect_problem(world.ask("POST", "/v1/runs/" + run_text + "/cancel"), status, "line one");
  }
  expect_problem(world.ask("GET", "/v1/jobs"), 503, "line one");
}

BOOST_AUTO_TEST_CASE(alertmanager_is_answered_as_it_understands) {
  World world;
  for (const auto* type : {"application/json", "text/plain", ""}) {
    const auto taken =
        world.ask("POST", "/webhooks/alertmanager", R"({"version":"4"})", {{"Content-Type", type}});
    BOOST_TEST(taken.status == 200);
    BOOST_TEST(taken.body.starts_with(R"({"accepted":1,"duplicates":0,"jobs":[)"));
  }
  world.engine.fault = make_error(ErrorClass::no_capacity, "100000 jobs are open");
  expect_problem(world.ask("POST", "/webhooks/alertmanager", "{}"), 503, "100000 jobs are open");
  world.engine.fault = make_error(ErrorClass::invalid_input, "/alerts: missing");
  expect_problem(world.ask("POST", "/webhooks/alertmanager", "{}"), 400, "/alerts: missing");
  expect_problem(world.ask("POST", "/webhooks/alertmanager",
                           std::string(limits::http_body_bytes_max + 1, ' ')),
                 413, "the body has more than");
  expect_problem(world.ask("GET", "/webhooks/alertmanager"), 405, "takes POST");
}

BOOST_AUTO_TEST_CASE(readiness_follows_the_engine) {
  World world;
  world.engine.ready = false;
  const auto response = world.ask("GET", "/readyz");
  expect_problem(response, 503, "the link to NATS is down");
  BOOST_TEST(!json::parse(response.body).at("ready").as_bool());
  BOOST_TEST(world.ask("GET", "/healthz").status == 200);
}

BOOST_AUTO_TEST_CASE(the_metrics_pass_promtool) {
  World world;
  world.ask("GET", "/v1/jobs");
  world.ask("GET", "/v1/jobs/" + job_text);
  world.ask("GET", "/no/such/path");
  world.ask("BREW", "/v1/jobs");
  const auto response = world.ask("GET", "/metrics");
  BOOST_TEST(header(response, "content-type") == "text/plain; version=0.0.4; charset=utf-8");
  for (const auto* line : {
           R"(troupe_http_requests_total{method="GET",route="/v1/jobs",status="200"} 1)",
           R"(troupe_http_requests_total{method="GET",route="/v1/jobs/{id}",status="200"} 1)",
           R"(troupe_http_requests_total{method="GET",route="none",status="404"} 1)",
           R"(troupe_http_requests_total{method="other",route="/v1/jobs",status="405"} 1)",
           R"(troupe_http_request_seconds_count{route="/v1/jobs/{id}"} 1)",
           "troupe_http_connections ",
       })
    BOOST_TEST(response.body.find(line) != std::string::npos, line);
  const support::TemporaryFolder folder;
  const auto file = (folder.path() / "metrics").string();
  std::ofstream{file} << response.body;
  const auto check = "promtool check metrics < " + file + " > " + file + ".out 2>&1";
  const int status = std::system(check.c_str());
  std::ostringstream said;
  said << std::ifstream{file + ".out"}.rdbuf();
  BOOST_TEST(status == 0, "promtool (package prometheus) says: " << said.str());
}

BOOST_AUTO_TEST_SUITE_END()
