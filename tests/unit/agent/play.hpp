// Plays an agent against scripted tools under virtual time: the shell of a test.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/agent/runbook.hpp"
#include "runtime/agent/task.hpp"

namespace troupe::test {

inline const Instant start_of_play = *parse_iso8601("2026-11-20T10:00:00Z");

message::ActivityOutcome returns(std::string json);
message::ActivityOutcome fails(ErrorClass error_class, std::string message);

/// What the world answers; `call` counts the calls of that tool, from 0.
using World = std::function<message::ActivityOutcome(const std::string& tool,
                                                     const std::string& arguments, int call)>;

struct Played {
  /// In order: "probe.http {..}", "wait 1s", "note ..", "complete {..}", "fail task_failed: ..".
  std::vector<std::string> log;
  std::string output; // JSON; empty when it failed
  std::optional<Error> error;
  Millis took{0}; // of virtual time

  std::vector<std::string> calls() const; // the lines of calls alone
};

/// Tools answer at once, timers fire when due, at most 10000 events.
Played play(agent::Agent& agent, const World& world);

/// Parses YAML; a fault fails the test.
agent::Runbook runbook(std::string_view yaml);

agent::Task task_of(std::string task_json, std::string context_json = "{}");

Played play_runbook(std::string_view yaml, std::string task_json, const World& world);

/// The content of a file of the source tree: "configs/runbooks/triage-alert.yaml".
std::string source_file(const std::string& path);

} // namespace troupe::test
