#include "net/http/api_json.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::http;

namespace {

const auto at = *parse_iso8601("2026-11-20T18:46:51.123Z");
const auto job_id = *parse_id<JobId>("018bcfe5-6800-7000-8000-000000000001");
const auto run_id = *parse_id<RunId>("018bcfe5-6800-7000-8000-000000000002");
const auto incarnation = *parse_id<IncarnationId>("018bcfe5-6800-7000-8000-000000000003");

ports::JobRow sample_job() {
  ports::JobRow job;
  job.id = job_id;
  job.team = "ops";
  job.title = "A \"title\"";
  job.source = "http";
  job.idempotency_key = "k";
  job.priority = message::Priority::high;
  job.created_at = at;
  job.inputs = JsonText{R"({"a":[1,2]})"};
  job.runs = {run_id};
  job.labels = {{"env", "prod"}};
  return job;
}

} // namespace

BOOST_AUTO_TEST_SUITE(api_json)

BOOST_AUTO_TEST_CASE(a_job_is_written_with_its_inputs_and_runs) {
  auto job = sample_job();
  BOOST_TEST(
      to_json(job) ==
      R"({"id":"018bcfe5-6800-7000-8000-000000000001","team":"ops","title":"A \"title\"",)"
      R"("source":"http","idempotency_key":"k","priority":"high","state":"running",)"
      R"("reason":"","created_at":"2026-11-20T18:46:51.123Z","finished_at":null,)"
      R"("inputs":{"a":[1,2]},"labels":{"env":"prod"},"runs":["018bcfe5-6800-7000-8000-000000000002"]})");
  job.state = ports::RunState::needs_person;
  job.finished_at = at;
  const auto read = boost::json::parse(to_json(std::vector{job, job})).as_object();
  const auto& first = read.at("jobs").as_array().at(0).as_object();
  BOOST_TEST(read.at("jobs").as_array().size() == 2u);
  BOOST_TEST((first.at("state").as_string() == "needs_person"));
  BOOST_TEST((first.at("finished_at").as_string() == "2026-11-20T18:46:51.123Z"));
}

BOOST_AUTO_TEST_CASE(inputs_as_deep_as_the_limit_are_written) {
  auto job = sample_job();
  job.inputs = JsonText{std::string(60, '[') + std::string(60, ']')};
  BOOST_TEST(to_json(job).find(std::string(60, '[')) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_run_has_an_owner_while_somebody_owns_it) {
  ports::RunRow run;
  run.id = run_id;
  run.job = job_id;
  run.bundle = "b";
  run.state = ports::RunState::completed;
  run.owner = incarnation;
  run.owner_node = "node-1";
  run.created_at = at;
  run.finished_at = at;
  BOOST_TEST(
      to_json(run) ==
      R"({"id":"018bcfe5-6800-7000-8000-000000000002",)"
      R"("job":"018bcfe5-6800-7000-8000-000000000001","bundle":"b","state":"completed",)"
      R"("reason":"","owner":"node-1","parked":false,"wake_at":null,"archived":false,"labels":{},)"
      R"("created_at":"2026-11-20T18:46:51.123Z",)"
      R"("finished_at":"2026-11-20T18:46:51.123Z"})");
  run.owner.reset();
  BOOST_TEST(to_json(run).find(R"("owner":null)") != std::string::npos);
  BOOST_TEST(to_json(std::vector<ports::RunRow>{}) == R"({"runs":[]})");
}

BOOST_AUTO_TEST_CASE(a_node_says_what_it_offers) {
  const ports::NodeStatus node{
      "n1", incarnation, "0.1.0", {"agent"}, {"*"}, {"gpu=1"}, {"probe.http"}, 8, 7, 0, 120,
      true, 3,           12,      2,         1,     4,         {"native"}};
  BOOST_TEST(to_json(std::vector{node}) ==
             R"({"nodes":[{"name":"n1","incarnation":"018bcfe5-6800-7000-8000-000000000003",)"
             R"("version":"0.1.0","modes":["agent"],"roles":["*"],"labels":["gpu=1"],)"
             R"("tools":["probe.http"],"slots":8,"free_slots":7,"runs_owned":0,)"
             R"("heartbeat_age_ms":120,"draining":true,"mailbox":3,"lag_ms":12,"tool_calls":2,)"
             R"("journal_queue":1,"steps_waiting":4,"kinds":["native"]}]})");
}

BOOST_AUTO_TEST_CASE(an_error_becomes_the_status_that_its_class_deserves) {
  const std::pair<ErrorClass, int> table[] = {
      {ErrorClass::invalid_input, 400},   {ErrorClass::denied, 403},
      {ErrorClass::effect_conflict, 409}, {ErrorClass::timeout, 504},
      {ErrorClass::no_capacity, 503},     {ErrorClass::rate_limited, 503},
      {ErrorClass::internal, 503},        {ErrorClass::agent_down, 503},
      {ErrorClass::outcome_unknown, 500},
  };
  for (auto [error_class, status] : table) {
    const auto response = to_response(make_error(error_class, "the reason"));
    BOOST_TEST(response.status == status, to_string(error_class));
    BOOST_TEST(response.body.find("the reason") != std::string::npos);
    BOOST_TEST((response.headers.empty() || response.headers[0].first == "Retry-After"));
    BOOST_TEST(response.headers.empty() == (status != 503));
  }
  for (const auto error_class : all_error_classes) // Alertmanager gives up on it
    BOOST_TEST(to_response(make_error(error_class, "x")).status != 429);
}

BOOST_AUTO_TEST_CASE(readiness_says_what_is_missing) {
  ports::Health health{true, true, true, true, ""};
  BOOST_TEST(to_response(health).status == 200);
  BOOST_TEST(to_response(health).body == R"({"ready":true,"bus":true,"store":true,"joined":true})");
  health = {false, false, true, true, "the link to NATS is down"};
  const auto response = to_response(health);
  BOOST_TEST(response.status == 503);
  const auto body = boost::json::parse(response.body).as_object();
  BOOST_TEST((body.at("detail").as_string() == "the link to NATS is down"));
  BOOST_TEST(body.at("bus").as_bool() == false);
  BOOST_TEST(body.at("store").as_bool() == true);
}

BOOST_AUTO_TEST_SUITE_END()
