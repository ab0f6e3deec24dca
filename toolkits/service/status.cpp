#include "toolkits/service/status.hpp"

#include <boost/json.hpp>

#include "toolkits/bounded_text.hpp"
#include "toolkits/process.hpp"
#include "toolkits/service/footprint.hpp"
#include "toolkits/service/health.hpp"
#include "toolkits/waiting.hpp"

namespace troupe::service {

namespace json = boost::json;

const std::string_view status_schema = R"({
  "type": "object", "additionalProperties": false,
  "required": ["service", "description", "running", "pid", "process_alive", "process_state",
               "processes", "health", "port", "config", "summary"],
  "properties": {
    "service": {"type": "string"},
    "description": {"type": "string"},
    "running": {"type": "boolean",
                "description": "as it should be: alive, not stopped, with its port, and healthy"},
    "pid": {"type": ["integer", "null"], "description": "of the main process"},
    "process_alive": {"type": "boolean", "description": "its main process lives"},
    "process_state": {"type": ["string", "null"],
                      "description": "of the main process: S (sleeping), T (stopped), ..."},
    "processes": {"type": "array", "description": "at most 32 of the service's", "items": {
      "type": "object", "required": ["pid", "name", "state"], "properties": {
        "pid": {"type": "integer"}, "name": {"type": "string"}, "state": {"type": "string"}}}},
    "health": {"type": "object", "required": ["ok", "detail"], "properties": {
      "ok": {"type": "boolean", "description": "true also when nothing is configured and it runs"},
      "detail": {"type": "string"}}},
    "port": {"type": "object", "required": ["number", "held_by", "held_by_service"], "properties": {
      "number": {"type": ["integer", "null"], "description": "null: none is configured"},
      "held_by": {"type": ["object", "null"], "properties": {
        "pid": {"type": ["integer", "null"], "description": "null: hidden from this user"},
        "process": {"type": ["string", "null"]}, "user": {"type": "integer"}}},
      "held_by_service": {"type": "boolean"}}},
    "config": {"type": "object", "required": ["ok", "detail"], "properties": {
      "ok": {"type": "boolean", "description": "true also when no check is configured"},
      "detail": {"type": "string"}}},
    "summary": {"type": "string", "description": "all of it in a line, for people"}
  }
})";

namespace {

constexpr Millis command_timeout{10'000};
constexpr std::size_t processes_max = 32;

struct Verdict {
  bool ok = true;
  std::string detail;
};

Verdict run(const Argv& argv, Millis timeout, const std::stop_token& stop) {
  toolkits::Command command;
  command.argv = argv;
  command.timeout = timeout;
  const auto result = toolkits::run_command(command, stop);
  if (!result) return {false, result.error().message};
  const auto lines = toolkits::shortened(result->last_lines(), 2'000);
  return {result->succeeded(), result->verdict() + (lines.empty() ? "" : ": " + lines)};
}

json::value describe_holder(const Footprint& footprint) {
  if (!footprint.strangers.empty()) {
    const auto& one = footprint.strangers.front();
    const auto& name = one.executable.empty() ? one.process.name : one.executable;
    return {{"pid", one.process.pid}, {"process", clean_utf8(name)}};
  }
  if (footprint.hidden_stranger)
    return {{"pid", nullptr}, {"process", nullptr}, {"user", *footprint.hidden_stranger}};
  if (!footprint.port_held || footprint.processes.empty()) return nullptr;
  const auto& own = footprint.main ? *footprint.main : footprint.processes.front();
  return {{"pid", own.pid}, {"process", clean_utf8(own.name)}};
}

json::array describe_processes(const Footprint& footprint) {
  json::array list;
  for (const auto& process : footprint.processes) {
    if (list.size() == processes_max) break;
    list.push_back({{"pid", process.pid},
                    {"name", clean_utf8(process.name)},
                    {"state", toolkits::describe_state(process.state)}});
  }
  return list;
}

/// All that was seen, before it is put in words.
struct Look {
  Footprint footprint;
  bool alive = false;
  Verdict health, config{true, "no check is configured"};

  bool port_lost(const Settings& service) const {
    return service.port && !footprint.port_held_by_service && !footprint.hidden_stranger;
  }
  bool as_it_should_be(const Settings& service) const {
    const bool stopped = footprint.main && footprint.main->stopped();
    return alive && !stopped && !port_lost(service) && health.ok;
  }
};

Look look(const Settings& service, const Catalogue& catalogue, ports::HttpClient& http,
          const toolkits::Deadline& deadline, const std::stop_token& stop) {
  Look seen;
  seen.footprint = survey(service, catalogue);
  if (!service.check.empty())
    seen.config = run(service.check, deadline.at_most(command_timeout), stop);
  if (service.health.configured()) {
    const auto health = check_health(service.health, http, deadline.left(), stop);
    seen.health = {health.ok, health.detail};
  }
  seen.alive = service.traceable() ? seen.footprint.main.has_value()
               : !service.status.empty()
                   ? run(service.status, deadline.at_most(command_timeout), stop).ok
                   : seen.health.ok;
  if (!service.health.configured())
    seen.health = {seen.alive,
                   seen.alive ? "it lives; no health check is configured" : "it does not live"};
  return seen;
}

std::string describe_life(const Look& seen) {
  const auto& footprint = seen.footprint;
  if (footprint.main)
    return "it lives as pid " + std::to_string(footprint.main->pid) + ", " +
           toolkits::describe_state(footprint.main->state);
  if (seen.alive) return "it lives";
  auto text = "it does not live: " + footprint.main_note;
  if (!footprint.processes.empty())
    text += "; " + std::to_string(footprint.processes.size()) + " processes are left of it";
  return text;
}

std::string describe_port(const Settings& service, const Footprint& footprint) {
  const auto text = "; port " + std::to_string(*service.port);
  if (!footprint.port_held) return text + " is free";
  if (footprint.port_held_by_service) return text + " is held by it";
  return text + " is held by " + describe_strangers(footprint);
}

std::string summarise(const Settings& service, const Look& seen) {
  auto text = describe_life(seen);
  if (service.health.configured()) text += "; health: " + seen.health.detail;
  if (service.port) text += describe_port(service, seen.footprint);
  if (service.check.empty()) return text;
  return text + (seen.config.ok ? "; its configuration is good"
                                : "; its configuration is broken: " + seen.config.detail);
}

} // namespace

JsonText look_at(const Settings& service, const Catalogue& catalogue, ports::HttpClient& http,
                 Millis timeout, const std::stop_token& stop) {
  const auto seen = look(service, catalogue, http, toolkits::Deadline{timeout}, stop);
  const auto& main = seen.footprint.main;
  const json::value nothing = nullptr;
  return JsonText{json::serialize(json::object{
      {"service", service.name},
      {"description", service.description},
      {"running", seen.as_it_should_be(service)},
      {"pid", main ? json::value(main->pid) : nothing},
      {"process_alive", seen.alive},
      {"process_state", main ? json::value(toolkits::describe_state(main->state)) : nothing},
      {"processes", describe_processes(seen.footprint)},
      {"health", {{"ok", seen.health.ok}, {"detail", seen.health.detail}}},
      {"port",
       {{"number", service.port ? json::value(*service.port) : nothing},
        {"held_by", describe_holder(seen.footprint)},
        {"held_by_service", seen.footprint.port_held_by_service}}},
      {"config", {{"ok", seen.config.ok}, {"detail", seen.config.detail}}},
      {"summary", summarise(service, seen)}})};
}

} // namespace troupe::service
