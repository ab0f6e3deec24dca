// service: starts, stops and looks at the services that an administrator catalogued. Bound: they
// run on this node. Nothing in a message can change a word of what is run.
#include <boost/json.hpp>
#include <map>

#include "toolkits/arguments.hpp"
#include "toolkits/bounded_text.hpp"
#include "toolkits/kind.hpp"
#include "toolkits/service/control.hpp"
#include "toolkits/service/settings.hpp"
#include "toolkits/service/status.hpp"
#include "toolkits/waiting.hpp"

namespace troupe::toolkits {
namespace {

namespace json = boost::json;

constexpr std::string_view nothing_input =
    R"({"type": "object", "additionalProperties": false, "properties": {}})";

constexpr std::string_view service_input = R"({
  "type": "object", "additionalProperties": false, "required": ["service"],
  "properties": {
    "service": {"type": "string", "maxLength": 64, "description": "a name that service.list gives"}
  }
})";

constexpr std::string_view list_output = R"({
  "type": "object", "additionalProperties": false, "required": ["services"],
  "properties": {"services": {"type": "array", "items": {
    "type": "object", "required": ["service", "description", "port", "can_reload", "health"],
    "properties": {
      "service": {"type": "string"}, "description": {"type": "string"},
      "port": {"type": ["integer", "null"]}, "can_reload": {"type": "boolean"},
      "health": {
        "type": ["object", "null"], "required": ["http", "tcp"],
        "description": "how to probe it from outside; null: no health check is configured",
        "properties": {
          "http": {"type": ["string", "null"], "description": "for probe.http"},
          "tcp": {"type": ["object", "null"], "required": ["host", "port"],
                  "description": "for probe.tcp", "properties": {
                    "host": {"type": "string"}, "port": {"type": "integer"}}}}}}}}}
})";

constexpr std::string_view control_output = R"({
  "type": "object", "additionalProperties": false,
  "required": ["service", "action", "changed", "pid", "stages"],
  "properties": {
    "service": {"type": "string"},
    "action": {"enum": ["start", "stop", "reload", "restart"]},
    "changed": {"type": "boolean", "description": "false: it already was as asked"},
    "pid": {"type": ["integer", "null"], "description": "of its main process now"},
    "stages": {"type": "array", "description": "what was done, in order", "items": {
      "type": "object", "required": ["stage", "detail", "duration_ms"], "properties": {
        "stage": {"type": "string"}, "detail": {"type": "string"},
        "duration_ms": {"type": "integer"}}}}
  }
})";

ToolSpec control_tool(const char* name, const char* description, Risk risk, Millis timeout) {
  return {.name = name,
          .description = description,
          .input_schema = JsonText{std::string{service_input}},
          .output_schema = JsonText{std::string{control_output}},
          .risk = risk,
          .effect = Effect::idempotent,
          .timeout = timeout};
}

// The timeouts leave room for stop_grace and start_timeout at their greatest, a minute each.
std::vector<ToolSpec> tools() {
  return {
      {.name = "service.list",
       .description = "Lists the services that this node may manage.",
       .input_schema = JsonText{std::string{nothing_input}},
       .output_schema = JsonText{std::string{list_output}}},
      {.name = "service.status",
       .description = "Looks at a service: its processes, its port, its health, its configuration.",
       .input_schema = JsonText{std::string{service_input}},
       .output_schema = JsonText{std::string{service::status_schema}}},
      control_tool("service.start", "Starts a service and waits until it is healthy.", Risk::write,
                   Millis{120'000}),
      control_tool("service.stop", "Stops a service: asks it to end, then kills what is left.",
                   Risk::destructive, Millis{120'000}),
      control_tool("service.reload", "Makes a service read its configuration again.", Risk::write,
                   Millis{120'000}),
      control_tool("service.restart",
                   "Stops a service and starts it again, if its configuration is good and its port "
                   "is not held by a stranger.",
                   Risk::destructive, Millis{180'000}),
  };
}

class Service final : public KnownToolkit {
 public:
  Service(service::Catalogue catalogue, std::shared_ptr<ports::HttpClient> http)
      : KnownToolkit{service_kind}, catalogue_{std::move(catalogue)}, http_{std::move(http)} {
    for (const auto& one : catalogue_.services) turns_[one.name]; // the map is not changed later
  }

  Result<JsonText> call(const ToolCall& call, std::stop_token stop) override {
    if (call.tool == "service.list") return list();
    const auto name = Arguments{call.arguments}.text("service");
    const auto* one = catalogue_.find(name);
    if (!one)
      return make_error(ErrorClass::invalid_input, "/service: this node has no service `" +
                                                       shortened(clean_utf8(name), 64) +
                                                       "`; it has " + catalogue_.names());
    if (call.tool == "service.status") {
      auto answer = service::look_at(*one, catalogue_, *http_, call.timeout, stop);
      if (stop.stop_requested())
        return make_error(ErrorClass::cancelled, call.tool + ": cancelled");
      return answer;
    }
    return control(*one, call, std::move(stop));
  }

 private:
  /// The arguments of probe.http or probe.tcp.
  static json::value probe_of(const service::HealthCheck& check) {
    if (!check.configured()) return nullptr;
    const json::value nothing = nullptr;
    if (!check.http.empty()) return {{"http", check.http}, {"tcp", nothing}};
    return {{"http", nothing}, {"tcp", {{"host", check.tcp_host}, {"port", check.tcp_port}}}};
  }

  Result<JsonText> list() const {
    json::array services;
    for (const auto& one : catalogue_.services)
      services.push_back({{"service", one.name},
                          {"description", one.description},
                          {"port", one.port ? json::value(*one.port) : json::value(nullptr)},
                          {"can_reload", !one.reload.empty()},
                          {"health", probe_of(one.health)}});
    return JsonText{json::serialize(json::object{{"services", std::move(services)}})};
  }

  Result<JsonText> control(const service::Settings& one, const ToolCall& call,
                           std::stop_token stop) {
    const Deadline deadline{call.timeout};
    const auto turn = turns_.at(one.name).take(deadline, stop); // one action on it at a time
    if (!turn && stop.stop_requested())
      return make_error(ErrorClass::cancelled, call.tool + ": cancelled before it began");
    if (!turn)
      return make_error(ErrorClass::timeout,
                        "service `" + one.name + "`: another action on it is still under way");
    service::Control action{one, catalogue_, *http_, deadline.left(), std::move(stop)};
    const auto verb = call.tool.substr(call.tool.find('.') + 1);
    const auto result = verb == "start"    ? action.start()
                        : verb == "stop"   ? action.stop()
                        : verb == "reload" ? action.reload()
                                           : action.restart();
    if (!result) return result.error();
    return answer(one, verb, *result);
  }

  static JsonText answer(const service::Settings& one, const std::string& verb,
                         const service::ControlResult& result) {
    json::array stages;
    for (const auto& stage : result.stages)
      stages.push_back({{"stage", stage.stage},
                        {"detail", stage.detail},
                        {"duration_ms", stage.duration.count()}});
    return JsonText{json::serialize(
        json::object{{"service", one.name},
                     {"action", verb},
                     {"changed", result.changed},
                     {"pid", result.pid ? json::value(*result.pid) : json::value(nullptr)},
                     {"stages", std::move(stages)}})};
  }

  service::Catalogue catalogue_;
  std::shared_ptr<ports::HttpClient> http_;
  std::map<std::string, Turn> turns_;
};

Made make(const JsonText& settings, const Environment& environment) {
  Made made;
  auto catalogue = service::parse_settings(settings);
  made.faults = catalogue.faults;
  if (!made.faults.empty()) return made;
  made.missing = service::missing_binary(catalogue);
  if (made.missing.empty() && !environment.http) made.missing = "this node has no HTTP client";
  if (made.missing.empty())
    made.toolkit = std::make_shared<Service>(std::move(catalogue), environment.http);
  return made;
}

} // namespace

const Kind service_kind{"service", true, service::settings_schema, tools, make};

} // namespace troupe::toolkits
