// A configuration in a folder of its own, to be broken by each test in its way.
#pragma once
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "runtime/config/team.hpp"
#include "tests/support/temporary_folder.hpp"

namespace troupe::config {

inline constexpr std::string_view good_team = R"(team: incident-response
description: Heals services.
roles:
  triage: { kind: runbook, runbook: ../runbooks/triage.yaml, tools: [alertmanager.*] }
  fixer: { kind: runbook, runbook: ../runbooks/fix.json, tools: [service.restart, probe.http] }
  reporter: { kind: native, agent: reporter, tools: [workspace.write] }
plans: { service-down: ../plans/service-down.yaml }
alerts:
  - match: { alertname: ServiceDown, service: "*" }
    plan: service-down
    priority: critical
    inputs: { service: "${{ alert.labels.service }}", group: "${{ group }}" }
  - plan: service-down
    inputs: { service: nginx }
)";

inline constexpr std::string_view good_plan = R"(plan: service-down
inputs:
  service: { type: string }
  group: { type: object, required: false }
steps:
  - { id: triage, agent: triage, task: "Look at ${{ inputs.service }}" }
  - { id: restart, agent: fixer, task: { service: "${{ inputs.service }}" } }
  - { id: probe, tool: probe.http, with: { url: "http://127.0.0.1/" } }
)";

inline constexpr std::string_view good_triage = R"(runbook: triage
checks:
  - { id: alerts, tool: alertmanager.query }
rules:
  - { id: done, output: { n: 1.50 } }
)";

inline constexpr std::string_view good_fix = R"({"runbook":"fix","rules":[{"id":"restart",
  "act":[{"id":"it","tool":"service.restart","with":{"service":"${{ task.service }}"}}],"output":{}}]})";

/// A configuration in a folder of its own: teams/t.yaml and what it names.
class Files {
 public:
  Files() {
    write("teams/t.yaml", good_team);
    write("plans/service-down.yaml", good_plan);
    write("runbooks/triage.yaml", good_triage);
    write("runbooks/fix.json", good_fix);
  }

  void write(const std::string& name, std::string_view text) {
    const auto path = folder_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file{path, std::ios::binary};
    file << text;
    BOOST_REQUIRE(file.flush());
  }

  void replace(const std::string& name, std::string_view what, std::string_view by) {
    std::ifstream file{folder_.path() / name};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    const auto at = text.find(what);
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, std::string{what} + " is not in " + name);
    write(name, text.replace(at, what.size(), by));
  }

  std::string team_path() const { return (folder_.path() / "teams/t.yaml").string(); }

  /// Every fault on a line, files named as seen from the folder.
  std::string faults() const {
    std::string text;
    for (const auto& [file, fault] : load_team(team_path()).faults)
      text += plan::to_string(fault, file) + "\n";
    const auto prefix = folder_.path().string() + "/";
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at))
      text.erase(at, prefix.size());
    return text;
  }

  Team team() const {
    BOOST_REQUIRE_EQUAL(faults(), "");
    return load_team(team_path()).team;
  }

 private:
  support::TemporaryFolder folder_;
};

} // namespace troupe::config
