#include "net/http/api_json.hpp"

#include <boost/json.hpp>
#include <optional>

#include "net/http/api_process.hpp"
#include "net/http/url.hpp"
#include "runtime/limits.hpp"

namespace troupe::http {
namespace {

namespace json = boost::json;

json::value time_or_null(const std::optional<Instant>& at) {
  return at ? json::value(to_iso8601(*at)) : json::value(nullptr); // braces would make an array
}

json::value embedded(const JsonText& text) {
  json::parse_options options;
  options.max_depth = limits::json_depth_max;
  json::error_code error;
  auto value = json::parse(text.text, error, {}, options);
  return error ? json::value(text.text) : value; // too deep: as text
}

json::object object_of(const Labels& labels) {
  json::object out;
  for (const auto& [name, value] : labels) out[name] = value;
  return out;
}

json::object object_of(const ports::JobRow& job) {
  json::array runs;
  for (const auto& run : job.runs) runs.emplace_back(to_string(run));
  return {{"id", to_string(job.id)},
          {"team", job.team},
          {"title", job.title},
          {"source", job.source},
          {"idempotency_key", job.idempotency_key},
          {"priority", message::to_string(job.priority)},
          {"state", ports::to_string(job.state)},
          {"reason", job.reason},
          {"created_at", to_iso8601(job.created_at)},
          {"finished_at", time_or_null(job.finished_at)},
          {"inputs", embedded(job.inputs)},
          {"labels", object_of(job.labels)},
          {"runs", std::move(runs)}};
}

json::object object_of(const ports::RunRow& run) {
  return {{"id", to_string(run.id)},
          {"job", to_string(run.job)},
          {"bundle", run.bundle},
          {"state", ports::to_string(run.state)},
          {"reason", run.reason},
          {"owner", run.owner ? json::value(run.owner_node) : json::value(nullptr)},
          {"parked", run.parked},
          {"wake_at", time_or_null(run.wake_at)},
          {"archived", run.archived},
          {"labels", object_of(run.labels)},
          {"created_at", to_iso8601(run.created_at)},
          {"finished_at", time_or_null(run.finished_at)}};
}

json::array texts(const std::vector<std::string>& items) {
  return json::array(items.begin(), items.end());
}

json::object object_of(const ports::NodeStatus& node) {
  return {{"name", node.name},
          {"incarnation", to_string(node.incarnation)},
          {"version", node.version},
          {"modes", texts(node.modes)},
          {"roles", texts(node.roles)},
          {"labels", texts(node.labels)},
          {"tools", texts(node.tools)},
          {"slots", node.slots},
          {"free_slots", node.free_slots},
          {"runs_owned", node.runs_owned},
          {"heartbeat_age_ms", node.heartbeat_age_ms},
          {"draining", node.draining},
          {"mailbox", node.mailbox},
          {"lag_ms", node.lag_ms},
          {"tool_calls", node.tool_calls},
          {"journal_queue", node.journal_queue},
          {"steps_waiting", node.steps_waiting},
          {"kinds", texts(node.kinds)}};
}

template <class Row>
std::string list_of(std::string_view name, const std::vector<Row>& rows) {
  json::array items;
  for (const auto& row : rows) items.emplace_back(object_of(row));
  return json::serialize(json::object{{name, std::move(items)}});
}

} // namespace

std::string to_json(const ports::Submitted& submitted) {
  return json::serialize(json::object{{"job", to_string(submitted.job)},
                                      {"run", to_string(submitted.run)},
                                      {"duplicate", submitted.duplicate}});
}

std::string to_json(const ports::JobRow& job) { return json::serialize(object_of(job)); }
std::string to_json(const ports::RunRow& run) { return json::serialize(object_of(run)); }
std::string to_json(const std::vector<ports::JobRow>& jobs) { return list_of("jobs", jobs); }
std::string to_json(const std::vector<ports::RunRow>& runs) { return list_of("runs", runs); }
std::string to_json(const std::vector<ports::NodeStatus>& nodes) { return list_of("nodes", nodes); }

Response to_response(const ports::Health& health) {
  json::object body{{"ready", health.ready},
                    {"bus", health.bus_up},
                    {"store", health.store_up},
                    {"joined", health.joined}};
  return readiness(json::serialize(body), health.reason);
}

Response to_response(const Error& error) {
  const auto later = [&](const char* seconds) {
    return problem(503, error.message, {{"Retry-After", seconds}});
  };
  switch (error.error_class) {
    case ErrorClass::invalid_input: return problem(400, error.message);
    case ErrorClass::denied:
    case ErrorClass::budget_exceeded: return problem(403, error.message);
    case ErrorClass::effect_conflict:
    case ErrorClass::cancelled: return problem(409, error.message);
    case ErrorClass::timeout: return problem(504, error.message);
    case ErrorClass::no_capacity:
    case ErrorClass::rate_limited:
    case ErrorClass::agent_down: return later("1");
    case ErrorClass::internal: return later("5");
    case ErrorClass::invalid_output:
    case ErrorClass::task_failed:
    case ErrorClass::tool_failed:
    case ErrorClass::outcome_unknown: return problem(500, error.message);
  }
  return problem(500, error.message);
}

} // namespace troupe::http
