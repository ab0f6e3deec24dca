// alertmanager: which alerts are there, and is one of them gone? Free: any node may ask.
#include <boost/json.hpp>

#include "toolkits/arguments.hpp"
#include "toolkits/json_api.hpp"
#include "toolkits/kind.hpp"

namespace troupe::toolkits {
namespace {

namespace json = boost::json;

constexpr std::string_view settings_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["url"],
  "properties": {
    "url": {"type": "string", "description": "the server's root, like http://127.0.0.1:9093"},
    "bearer_token": {"type": "string", "description": "sent with every request"}
  }
})";

constexpr std::string_view alerts_input = R"({
  "type": "object", "additionalProperties": false,
  "properties": {
    "filter": {"type": "array", "maxItems": 20, "items": {"type": "string", "maxLength": 512},
               "description": "matchers that must all hold, like alertname=\"ServiceDown\""},
    "active": {"type": "boolean", "description": "with active alerts; yes unless said otherwise"},
    "silenced": {"type": "boolean", "description": "with silenced ones; no unless said otherwise"},
    "inhibited": {"type": "boolean",
                  "description": "with inhibited ones; no unless said otherwise"}
  }
})";

constexpr std::string_view alerts_output = R"({
  "type": "object", "additionalProperties": false, "required": ["alerts", "total", "truncated"],
  "properties": {
    "alerts": {"type": "array", "items": {
      "type": "object", "required": ["fingerprint", "labels", "annotations", "state", "starts_at"],
      "properties": {
        "fingerprint": {"type": "string"}, "labels": {"type": "object"},
        "annotations": {"type": "object"},
        "state": {"enum": ["active", "suppressed", "unprocessed"]},
        "starts_at": {"type": "string"}}}},
    "total": {"type": "integer", "description": "how many alerts fit the request"},
    "truncated": {"type": "boolean"}
  }
})";

constexpr std::string_view status_input =
    R"({"type": "object", "additionalProperties": false, "properties": {}})";

constexpr std::string_view status_output = R"({
  "type": "object", "additionalProperties": false,
  "required": ["version", "up_since", "cluster", "peers"],
  "properties": {
    "version": {"type": "string"}, "up_since": {"type": "string"},
    "cluster": {"type": "string", "description": "ready, settling or disabled"},
    "peers": {"type": "integer"}
  }
})";

std::vector<ToolSpec> tools() {
  return {
      {.name = "alertmanager.alerts",
       .description = "Lists the alerts that Alertmanager holds.",
       .input_schema = JsonText{std::string{alerts_input}},
       .output_schema = JsonText{std::string{alerts_output}}},
      {.name = "alertmanager.status",
       .description =
           "Says which Alertmanager answers, since when, and whether it is in a cluster.",
       .input_schema = JsonText{std::string{status_input}},
       .output_schema = JsonText{std::string{status_output}}},
  };
}

json::object alerts_of(const json::value& answer) {
  json::array alerts;
  ListBudget budget;
  for (const auto& item : answer.as_array()) {
    const auto& alert = item.as_object();
    json::object shown{{"fingerprint", alert.at("fingerprint").as_string()},
                       {"labels", alert.at("labels").as_object()},
                       {"annotations", alert.at("annotations").as_object()},
                       {"state", alert.at("status").at("state").as_string()},
                       {"starts_at", alert.at("startsAt").as_string()}};
    if (budget.take(json::serialize(shown).size())) alerts.push_back(std::move(shown));
  }
  return {{"alerts", std::move(alerts)},
          {"total", answer.get_array().size()},
          {"truncated", budget.spent()}};
}

/// Without its configuration, which may hold secrets.
json::object status_of(const json::value& answer) {
  const auto& cluster = answer.at("cluster").as_object();
  const auto* peers = cluster.if_contains("peers");
  return {{"version", answer.at("versionInfo").at("version").as_string()},
          {"up_since", answer.at("uptime").as_string()},
          {"cluster", cluster.at("status").as_string()},
          {"peers", peers && peers->is_array() ? peers->get_array().size() : 0}};
}

class Alertmanager final : public KnownToolkit {
 public:
  explicit Alertmanager(JsonApi api) : KnownToolkit{alertmanager_kind}, api_{std::move(api)} {}

  Result<JsonText> call(const ToolCall& call, std::stop_token stop) override {
    const bool status = call.tool == "alertmanager.status";
    const auto body = status ? api_.get("/api/v2/status", {}, call.timeout, std::move(stop))
                             : api_.get("/api/v2/alerts", alerts_query(Arguments{call.arguments}),
                                        call.timeout, std::move(stop));
    if (!body) return body.error();
    try { // .at() and .as_*() throw on an answer of another shape
      const auto answer = json::parse(*body);
      return JsonText{json::serialize(status ? status_of(answer) : alerts_of(answer))};
    } catch (const std::exception& error) {
      return api_.unexpected(error.what());
    }
  }

 private:
  static JsonApi::Query alerts_query(const Arguments& arguments) {
    const auto yes_or_no = [&](const char* key, bool otherwise) {
      return std::pair{std::string{key},
                       std::string{arguments.flag(key, otherwise) ? "true" : "false"}};
    };
    JsonApi::Query query{yes_or_no("active", true), yes_or_no("silenced", false),
                         yes_or_no("inhibited", false)};
    for (auto& matcher : arguments.texts("filter")) query.emplace_back("filter", matcher);
    return query;
  }

  JsonApi api_;
};

Made make(const JsonText& settings, const Environment& environment) {
  const Arguments read{settings};
  Made made;
  made.faults = api_faults(read.text("url"), read.text("bearer_token"));
  if (!made.faults.empty()) return made;
  if (!environment.http)
    made.missing = "this node has no HTTP client";
  else
    made.toolkit = std::make_shared<Alertmanager>(
        JsonApi{"Alertmanager", read.text("url"), read.text("bearer_token"), environment.http});
  return made;
}

} // namespace

const Kind alertmanager_kind{"alertmanager", false, settings_schema, tools, make};

} // namespace troupe::toolkits
