// prometheus: what was measured, now and over time. Free: any node may ask.
#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "runtime/json_value.hpp"
#include "toolkits/arguments.hpp"
#include "toolkits/bounded_text.hpp"
#include "toolkits/json_api.hpp"
#include "toolkits/kind.hpp"

namespace troupe::toolkits {
namespace {

namespace json = boost::json;

constexpr std::int64_t steps_max = 1'000; // of one series

constexpr std::string_view settings_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["url"],
  "properties": {
    "url": {"type": "string", "description": "the server's root, like http://127.0.0.1:9090"},
    "bearer_token": {"type": "string", "description": "sent with every request"}
  }
})";

constexpr std::string_view query_input = R"({
  "type": "object", "additionalProperties": false, "required": ["query"],
  "properties": {
    "query": {"type": "string", "minLength": 1, "maxLength": 4096, "description": "PromQL"},
    "time": {"type": "string", "maxLength": 64,
             "description": "RFC 3339, or -10m for ten minutes ago; now unless said otherwise"}
  }
})";

constexpr std::string_view range_input = R"({
  "type": "object", "additionalProperties": false, "required": ["query", "start"],
  "properties": {
    "query": {"type": "string", "minLength": 1, "maxLength": 4096, "description": "PromQL"},
    "start": {"type": "string", "maxLength": 64,
              "description": "RFC 3339, or -10m for ten minutes ago"},
    "end": {"type": "string", "maxLength": 64,
            "description": "RFC 3339, or -10m for ten minutes ago; now unless said otherwise"},
    "step": {"type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+$",
             "description": "between two points; a hundredth of the time unless said otherwise"}
  }
})";

constexpr std::string_view alerts_input = R"({
  "type": "object", "additionalProperties": false,
  "properties": {
    "state": {"enum": ["firing", "pending"], "description": "only alerts in this state"},
    "labels": {"type": "object", "additionalProperties": {"type": "string"},
               "description": "only alerts that have all of these labels"}
  }
})";

constexpr std::string_view query_output = R"({
  "type": "object", "additionalProperties": false,
  "required": ["result_type", "value", "series", "total", "truncated", "note"],
  "properties": {
    "result_type": {"enum": ["vector", "scalar", "matrix", "string"]},
    "value": {"type": ["number", "string", "null"],
              "description": "of the first series; a text when it is NaN or infinite; else null"},
    "series": {"type": "array", "items": {"type": "object", "required": ["labels"], "properties": {
      "labels": {"type": "object"},
      "value": {"type": ["number", "string"]}, "at": {"type": "string"},
      "points": {"type": "array", "description": "[seconds since 1970, value]"}}}},
    "total": {"type": "integer", "description": "how many series there are"},
    "truncated": {"type": "boolean"},
    "note": {"type": "string", "description": "what was cut, and Prometheus's warnings"}
  }
})";

constexpr std::string_view alerts_output = R"({
  "type": "object", "additionalProperties": false, "required": ["alerts", "total", "truncated"],
  "properties": {
    "alerts": {"type": "array", "items": {
      "type": "object", "required": ["labels", "annotations", "state", "active_at", "value"],
      "properties": {
        "labels": {"type": "object"}, "annotations": {"type": "object"},
        "state": {"type": "string"}, "active_at": {"type": "string"},
        "value": {"type": ["number", "string"]}}}},
    "total": {"type": "integer", "description": "how many alerts fit the request"},
    "truncated": {"type": "boolean"}
  }
})";

ToolSpec reading(const char* name, const char* description, std::string_view input,
                 std::string_view output) {
  return {.name = name,
          .description = description,
          .input_schema = JsonText{std::string{input}},
          .output_schema = JsonText{std::string{output}}};
}

std::vector<ToolSpec> tools() {
  return {reading("prometheus.query", "Evaluates a PromQL expression at one moment.", query_input,
                  query_output),
          reading("prometheus.query_range", "Evaluates a PromQL expression over a time.",
                  range_input, query_output),
          reading("prometheus.alerts", "Lists the alerts that Prometheus's rules hold true.",
                  alerts_input, alerts_output)};
}

// ---- reading Prometheus's answers; .at() and .as_*() throw on anything else, see Prometheus::read

/// "0.97" as a number; "NaN" and "+Inf", which JSON has not, stay text.
json::value number_of(const json::value& text) {
  const std::string_view digits = text.as_string();
  double number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || !std::isfinite(number))
    return json::string{digits};
  return number;
}

std::string instant_of(const json::value& seconds) {
  return to_iso8601(Instant{Millis{std::llround(seconds.to_number<double>() * 1000)}});
}

/// A [seconds, "value"] pair as a series of one point.
json::object single(json::object labels, const json::array& pair, bool is_text) {
  return {{"labels", std::move(labels)},
          {"value", is_text ? pair.at(1) : number_of(pair.at(1))},
          {"at", instant_of(pair.at(0))}};
}

class SeriesList {
 public:
  void add(json::object item) {
    ++total_;
    if (const auto* points = item.if_contains("points")) points_ += points->get_array().size();
    if (points_ > limits::query_points_max || !budget_.take(json::serialize(item).size()))
      cut_ = true;
    else if (!cut_)
      series_.push_back(std::move(item));
  }

  json::object answer(std::string_view type, std::string note) && {
    if (cut_)
      note = "only " + std::to_string(series_.size()) + " of " + std::to_string(total_) +
             " series are shown; narrow the query to see more" + (note.empty() ? "" : "; ") + note;
    json::value first = nullptr;
    if (!series_.empty())
      if (const auto* value = series_[0].get_object().if_contains("value")) first = *value;
    return {{"result_type", type}, {"value", std::move(first)}, {"series", std::move(series_)},
            {"total", total_},     {"truncated", cut_},         {"note", std::move(note)}};
  }

 private:
  json::array series_;
  ListBudget budget_;
  std::size_t total_ = 0, points_ = 0;
  bool cut_ = false;
};

json::object matrix_series(const json::object& item) {
  json::array points;
  for (const auto& pair : item.at("values").as_array())
    points.push_back(json::array{pair.at(0), number_of(pair.at(1))});
  return {{"labels", item.at("metric").as_object()}, {"points", std::move(points)}};
}

std::string warnings_of(const json::object& answer) {
  std::string text;
  if (const auto* warnings = answer.if_contains("warnings"); warnings && warnings->is_array())
    for (const auto& warning : warnings->get_array())
      (text += text.empty() ? "" : "; ") += std::string_view{warning.as_string()};
  return shortened(text, 1'000);
}

json::object series_of(const json::object& answer) {
  const auto& data = answer.at("data").as_object();
  const std::string_view type = data.at("resultType").as_string();
  const auto& result = data.at("result").as_array();
  SeriesList list;
  if (type == "scalar" || type == "string") {
    list.add(single({}, result, type == "string"));
  } else {
    for (const auto& item : result) {
      const auto& series = item.as_object();
      list.add(type == "matrix"
                   ? matrix_series(series)
                   : single(series.at("metric").as_object(), series.at("value").as_array(), false));
    }
  }
  return std::move(list).answer(type, warnings_of(answer));
}

bool has_labels(const json::object& alert, const json::object& wanted) {
  const auto& labels = alert.at("labels").as_object();
  for (const auto& label : wanted) {
    const auto* found = labels.if_contains(label.key());
    if (!found || *found != label.value()) return false;
  }
  return true;
}

json::object alerts_of(const json::object& answer, const json::object& wanted) {
  const auto* state = wanted.if_contains("state");
  const auto* labels = wanted.if_contains("labels");
  json::array alerts;
  ListBudget budget;
  std::size_t total = 0;
  for (const auto& item : answer.at("data").at("alerts").as_array()) {
    const auto& alert = item.as_object();
    if (state && alert.at("state") != *state) continue;
    if (labels && !has_labels(alert, labels->as_object())) continue;
    ++total;
    json::object shown{{"labels", alert.at("labels").as_object()},
                       {"annotations", alert.at("annotations").as_object()},
                       {"state", alert.at("state").as_string()},
                       {"active_at", alert.at("activeAt").as_string()},
                       {"value", number_of(alert.at("value"))}};
    if (budget.take(json::serialize(shown).size())) alerts.push_back(std::move(shown));
  }
  return {{"alerts", std::move(alerts)}, {"total", total}, {"truncated", budget.spent()}};
}

class Prometheus final : public KnownToolkit {
 public:
  Prometheus(JsonApi api, std::shared_ptr<const Clock> clock)
      : KnownToolkit{prometheus_kind}, api_{std::move(api)}, clock_{std::move(clock)} {}

  Result<JsonText> call(const ToolCall& call, std::stop_token stop) override {
    const Arguments arguments{call.arguments};
    const auto now = clock_->now();
    if (call.tool == "prometheus.alerts") {
      const auto wanted = read_json(call.arguments.text).value();
      return read("/api/v1/alerts", {}, call.timeout, std::move(stop),
                  [&](const auto& answer) { return alerts_of(answer, wanted.as_object()); });
    }
    const bool range = call.tool == "prometheus.query_range";
    const auto query = range ? range_query(arguments, now) : instant_query(arguments, now);
    if (!query) return query.error();
    return read(range ? "/api/v1/query_range" : "/api/v1/query", *query, call.timeout,
                std::move(stop), series_of);
  }

 private:
  static Result<Instant> moment(const Arguments& arguments, std::string_view key, Instant now) {
    if (!arguments.has(key)) return now;
    const auto text = arguments.text(key);
    if (const auto at = parse_iso8601(text)) return *at;
    if (text.starts_with('-'))
      if (const auto ago = parse_duration(std::string_view{text}.substr(1))) return now - *ago;
    return make_error(
        ErrorClass::invalid_input,
        "/" + std::string{key} + ": expected 2026-11-20T18:46:51Z, or -10m for ten minutes ago");
  }

  static Result<JsonApi::Query> instant_query(const Arguments& arguments, Instant now) {
    JsonApi::Query query{{"query", arguments.text("query")}};
    if (!arguments.has("time")) return query; // now, by Prometheus's own clock
    const auto at = moment(arguments, "time", now);
    if (!at) return at.error();
    query.emplace_back("time", to_iso8601(*at));
    return query;
  }

  static Result<JsonApi::Query> range_query(const Arguments& arguments, Instant now) {
    const auto start = moment(arguments, "start", now), end = moment(arguments, "end", now);
    if (!start) return start.error();
    if (!end) return end.error();
    if (*end < *start)
      return make_error(ErrorClass::invalid_input, "/end: expected a moment after /start");
    const auto span = *end - *start;
    const auto step = arguments.duration("step", std::max(Millis{1'000}, Millis{span / 100}));
    if (span / step > steps_max)
      return make_error(ErrorClass::invalid_input,
                        "/step: expected at most " + std::to_string(steps_max) +
                            " steps between start and end; " +
                            format_duration(Millis{span / steps_max} + Millis{1}) + " would do");
    const auto millis = std::to_string(step.count() % 1000);
    return JsonApi::Query{{"query", arguments.text("query")},
                          {"start", to_iso8601(*start)},
                          {"end", to_iso8601(*end)},
                          {"step", std::to_string(step.count() / 1000) + "." +
                                       std::string(3 - millis.size(), '0') + millis}};
  }

  template <class Read>
  Result<JsonText> read(const char* path, const JsonApi::Query& query, Millis timeout,
                        std::stop_token stop, const Read& answer_of) const {
    const auto body = api_.get(path, query, timeout, std::move(stop));
    if (!body) return body.error();
    try {
      return JsonText{json::serialize(answer_of(json::parse(*body).as_object()))};
    } catch (const std::exception& error) {
      return api_.unexpected(error.what());
    }
  }

  JsonApi api_;
  std::shared_ptr<const Clock> clock_;
};

Made make(const JsonText& settings, const Environment& environment) {
  const Arguments read{settings};
  Made made;
  made.faults = api_faults(read.text("url"), read.text("bearer_token"));
  if (!made.faults.empty()) return made;
  if (!environment.http) {
    made.missing = "this node has no HTTP client";
    return made;
  }
  auto clock = environment.clock ? environment.clock : std::make_shared<SystemClock>();
  made.toolkit = std::make_shared<Prometheus>(
      JsonApi{"Prometheus", read.text("url"), read.text("bearer_token"), environment.http},
      std::move(clock));
  return made;
}

} // namespace

const Kind prometheus_kind{"prometheus", false, settings_schema, tools, make};

} // namespace troupe::toolkits
