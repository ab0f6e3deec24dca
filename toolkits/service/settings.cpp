#include "toolkits/service/settings.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "toolkits/arguments.hpp"
#include "toolkits/process.hpp"
#include "toolkits/targets.hpp"

namespace troupe::service {

namespace json = boost::json;

const std::string_view settings_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["services"],
  "properties": {
    "services": {
      "type": "object", "minProperties": 1, "description": "name -> service",
      "additionalProperties": {
        "type": "object", "additionalProperties": false, "required": ["start"],
        "properties": {
          "description": {"type": "string", "description": "what it is, for people"},
          "start": {"type": "array", "minItems": 1, "items": {"type": "string"},
                    "description": "command and arguments; puts the service in the background"},
          "stop": {"type": "array", "minItems": 1, "items": {"type": "string"},
                   "description": "command and arguments; else TERM to the pid of pid_file"},
          "reload": {"type": "array", "minItems": 1, "items": {"type": "string"},
                     "description": "command and arguments"},
          "status": {"type": "array", "minItems": 1, "items": {"type": "string"},
                     "description": "command and arguments; exit code 0: it runs"},
          "check": {"type": "array", "minItems": 1, "items": {"type": "string"},
                    "description": "command and arguments; exit code 0: the configuration is good"},
          "pid_file": {"type": "string", "pattern": "^/.", "description": "an absolute path"},
          "process": {"type": "string", "pattern": "^[^/]+$",
                      "description": "name of the file its processes execute, like nginx"},
          "port": {"type": "integer", "minimum": 1, "maximum": 65535,
                   "description": "the TCP port it listens on"},
          "address": {"type": "string", "description": "the IP address it listens on"},
          "health": {
            "type": "object", "additionalProperties": false,
            "properties": {
              "http": {"type": "string", "description": "a URL that must answer 200 to 399"},
              "tcp": {"type": "string", "pattern": "^.+:[0-9]+$",
                      "description": "host:port that must accept a connection"},
              "timeout": {"type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+$",
                          "description": "of one try; 2s unless said otherwise"}
            }
          },
          "stop_grace": {"type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+$",
                         "description": "between asking it to end and KILL; 10s, at most 1m"},
          "start_timeout": {"type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+$",
                            "description": "until it runs and is healthy; 15s, at most 1m"}
        }
      }
    }
  }
})";

namespace {

constexpr Millis patience_max{60'000}; // the tools' own timeouts are made for it

using toolkits::Arguments;

struct Reader {
  Settings service;
  std::string pointer;
  std::vector<std::string>& faults;

  void blame(std::string_view below, std::string_view what) {
    faults.push_back(pointer + std::string{below} + ": " + std::string{what});
  }

  void read(const Arguments& from) {
    service.description = from.text("description");
    service.start = command(from, "start");
    service.stop = command(from, "stop");
    service.reload = command(from, "reload");
    service.status = command(from, "status");
    service.check = command(from, "check");
    service.pid_file = from.text("pid_file");
    service.process = from.text("process");
    if (from.has("port")) service.port = static_cast<std::uint16_t>(from.integer("port", 0));
    service.address = from.text("address");
    service.stop_grace = patience(from, "stop_grace", service.stop_grace);
    service.start_timeout = patience(from, "start_timeout", service.start_timeout);
    check_whole();
  }

  Argv command(const Arguments& from, std::string_view key) {
    auto argv = from.texts(key);
    const auto place = '/' + std::string{key};
    if (argv.empty()) return argv;
    if (argv[0].find('/') != std::string::npos && argv[0][0] != '/')
      blame(place + "/0", "expected a name that stands in PATH, or an absolute path");
    for (std::size_t i = 0; i < argv.size(); ++i)
      if (argv[i].find('\0') != std::string::npos || (i == 0 && argv[i].empty()))
        blame(place + '/' + std::to_string(i), "expected a text without NUL, and a program first");
    return argv;
  }

  Millis patience(const Arguments& from, std::string_view key, Millis otherwise) {
    const auto value = from.duration(key, otherwise);
    if (value > patience_max) blame('/' + std::string{key}, "expected at most 1m");
    return value;
  }

  void read_health(const Arguments& from) {
    auto& health = service.health;
    health.http = from.text("http");
    health.timeout = from.duration("timeout", health.timeout);
    if (from.has("http") == from.has("tcp")) return blame("/health", "expected one of http, tcp");
    if (from.has("http")) {
      if (const auto url = toolkits::parse_url(health.http); !url)
        blame("/health/http", url.error().message);
      return;
    }
    const auto tcp = from.text("tcp");
    const auto colon = tcp.rfind(':');
    health.tcp_host = tcp.substr(0, colon);
    if (health.tcp_host.starts_with('[') && health.tcp_host.ends_with(']'))
      health.tcp_host = health.tcp_host.substr(1, health.tcp_host.size() - 2);
    const auto* end = tcp.data() + tcp.size();
    const auto parsed = std::from_chars(tcp.data() + colon + 1, end, health.tcp_port);
    if (parsed.ec != std::errc{} || health.tcp_port == 0)
      blame("/health/tcp", "expected host:port with a port of 1 to 65535");
  }

  void check_whole() {
    if (service.stop.empty() && service.pid_file.empty())
      blame("", "give stop or pid_file: otherwise the service cannot be stopped");
    if (service.port && service.process.empty() && service.pid_file.empty())
      blame("/port", "give process or pid_file too: otherwise nobody can tell whose the port is");
    if (!service.traceable() && service.status.empty() && !service.health.configured())
      blame("",
            "give pid_file, port with process, status or health: otherwise nobody can tell "
            "whether it runs");
    if (!service.address.empty() && !toolkits::parse_address(service.address))
      blame("/address", "expected an IP address like 127.0.0.1");
    if (!service.address.empty() && !service.port) blame("/address", "give port too");
  }
};

bool is_service_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

} // namespace

const Settings* Catalogue::find(std::string_view name) const {
  for (const auto& service : services)
    if (service.name == name) return &service;
  return nullptr;
}

std::string Catalogue::names() const {
  std::string text;
  for (const auto& service : services) (text += text.empty() ? "" : ", ") += service.name;
  return text;
}

Catalogue parse_settings(const JsonText& settings) {
  Catalogue catalogue;
  const auto document = json::parse(settings.text);
  for (const auto& member : document.at("services").as_object()) {
    Reader reader{{}, "/services/" + std::string{member.key()}, catalogue.faults};
    reader.service.name = member.key();
    if (!is_service_name(reader.service.name))
      reader.blame("", "a service's name has 1 to 64 letters, digits, dots, dashes, underscores");
    if (const auto* health = member.value().as_object().if_contains("health"))
      reader.read_health(Arguments{JsonText{json::serialize(*health)}});
    reader.read(Arguments{JsonText{json::serialize(member.value())}});
    catalogue.services.push_back(std::move(reader.service));
  }
  std::sort(catalogue.services.begin(), catalogue.services.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return catalogue;
}

std::string missing_binary(const Catalogue& catalogue) {
  for (const auto& service : catalogue.services)
    for (const auto& [key, argv] :
         {std::pair{"start", &service.start}, std::pair{"stop", &service.stop},
          std::pair{"reload", &service.reload}, std::pair{"status", &service.status},
          std::pair{"check", &service.check}})
      if (!argv->empty())
        if (const auto found = toolkits::find_binary(argv->front()); !found)
          return "service `" + service.name + "`, " + key + ": " + found.error().message;
  return "";
}

} // namespace troupe::service
