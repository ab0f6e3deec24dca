// The closed catalogue of services: what an administrator wrote, and nothing else, is ever run.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/json_text.hpp"

namespace troupe::service {

using Argv = std::vector<std::string>; // empty: there is no such command

struct HealthCheck { // at most one of the two
  std::string http;  // a URL that must answer 200 to 399
  std::string tcp_host;
  std::uint16_t tcp_port = 0;
  Millis timeout{2'000};

  bool configured() const { return !http.empty() || tcp_port != 0; }
};

struct Settings {
  std::string name;
  std::string description;
  Argv start;  // puts the service in the background and returns
  Argv stop;   // asks it to end; without one: TERM to the pid of pid_file
  Argv reload; // makes it read its configuration again
  Argv status; // exit code 0: it runs
  Argv check;  // exit code 0: its configuration is good
  std::string pid_file;
  std::string process; // name of the file that its processes execute: "nginx"
  std::optional<std::uint16_t> port;
  std::string address; // where it listens on `port`; empty: anywhere
  HealthCheck health;
  Millis stop_grace{10'000};    // between asking it to end and KILL
  Millis start_timeout{15'000}; // until it runs, holds its port and is healthy

  /// Can its processes be told from those of others?
  bool traceable() const { return !pid_file.empty() || (port && !process.empty()); }
};

extern const std::string_view settings_schema;

struct Catalogue {
  std::vector<Settings> services;  // by name
  std::vector<std::string> faults; // "/services/web/health: ..."

  const Settings* find(std::string_view name) const;
  std::string names() const; // "api, web"
};

/// `settings` satisfy settings_schema.
Catalogue parse_settings(const JsonText& settings);

/// The first command whose program is not on this machine, with service and remedy; else empty.
std::string missing_binary(const Catalogue& catalogue);

} // namespace troupe::service
