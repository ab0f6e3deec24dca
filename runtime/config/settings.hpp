// What one node is told: configs/node.yaml. Strict; every fault at once; secrets by reference only.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/config/retention.hpp"
#include "runtime/json_text.hpp"
#include "runtime/limits.hpp"
#include "runtime/placement/breaker.hpp"
#include "runtime/placement/limit_rules.hpp"
#include "runtime/plan/source.hpp"

namespace troupe::config {

struct Settings {
  std::string cluster = "default";     // [a-z0-9-]+; second token of every subject
  std::string node;                    // [A-Za-z0-9_-]+; empty: the host's name
  bool orchestrator = true;            // owns runs; needs Postgres
  bool agent = true;                   // runs attempts; needs no database
  bool tools = true;                   // serves the toolkits; the same as `agent` unless it is said
  bool gateway = false;                // lets requests, alerts and events in; needs no database
  std::vector<std::string> roles{"*"}; // that it offers; "*": every role whose kind it can run
  std::vector<std::string> labels;     // "gpu=1"
  std::uint32_t slots = limits::slots_default;
  Millis drain = limits::drain_default; // for what runs to finish, once the node is told to stop
  std::string nats_url = "nats://127.0.0.1:4222";
  std::string nats_ca_file;              // PEM; empty: the system's authorities
  std::string nats_nkey_seed_file;       // empty: no key; the secret itself is never in here
  std::uint32_t stream_replicas = 1;     // of the stream of injected events, if we make it
  std::string postgres_url;              // of an orchestrator; conninfo or URL
  std::string listen = "127.0.0.1:8420"; // of an orchestrator or gateway; empty: no HTTP
  std::string http_url;                  // where other nodes reach that; empty: as it listens
  std::vector<std::string> hosts;        // names that a proxy in front passes on; lower case
  std::string log_level = "info";
  std::string log_file;                                              // empty: standard error
  std::string data_dir;                                              // workspaces stand below it
  std::vector<ports::RetentionRule> retention = default_retention(); // of an orchestrator
  std::vector<placement::LimitRule> limits; // of an orchestrator: the same on all of them
  std::vector<std::string> team_files;      // absolute, resolved against the settings file
  std::map<std::string, placement::BreakerPolicy> breakers; // by toolkit; the others have none
  std::map<std::string, JsonText>
      toolkits; // name -> its own settings; a toolkit not named here is not served
};

struct SettingsResult {
  Settings settings; // meaningful only without faults
  std::vector<plan::Fault> faults;
  std::map<std::string, plan::Place> toolkit_places; // by JSON Pointer: "/toolkits/probe/allow/0"
};

/// `${env:NAME}` and `${file:PATH}` (relative to the settings file) are filled in here, in any
/// string. The settings of a toolkit are checked by the toolkit itself (toolkits/catalogue).
SettingsResult parse_settings(const std::string& file, std::string_view text);

/// parse_settings of a file's content. A file that cannot be read is one fault that says why.
SettingsResult load_settings(const std::string& path);

/// A fault of toolkits::make_catalogue ("/toolkits/probe/allow/0: expected ..") as one of the
/// settings' file, with the line and column of what it is about, or of what holds that.
plan::Fault place_toolkit_fault(const SettingsResult& result, std::string_view text);

} // namespace troupe::config
