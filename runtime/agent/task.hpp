// An agent's work on one attempt, as a pure machine over activities: it is told what happened, it
// says what to do next. The shell (actors/agent) performs the actions and answers with the next
// event.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/json_text.hpp"
#include "runtime/message/agent_message.hpp"
#include "runtime/result.hpp"

namespace troupe::agent {

struct Task {
  std::string step;
  message::RoleDefinition role;
  JsonText task;
  /// {"job":{"id","title","team"},"run":{"id","plan"},"inputs":{..},"signals":{..}}; of an `always`
  /// step also "created_at" and "timeline":[{"step","state","attempts","node","started_at",..}]
  JsonText context;
  std::optional<JsonText> progress{}; // what the attempt before last reported
};

// ---- what the shell tells the agent
struct Started {};
struct ToolAnswered {
  std::uint64_t call = 0; // CallTool::call
  message::ActivityOutcome outcome;
};
struct TimerFired {
  std::uint64_t timer = 0;
};
using Event = std::variant<Started, ToolAnswered, TimerFired>;

// ---- what the agent asks of the shell. Several calls may be under way at once. A call of a tool
// that its role does not allow (allowed_tools.hpp) is answered with `denied`.
struct CallTool {
  std::uint64_t call = 0; // the agent's own number, to tell answers apart
  std::string tool;       // "probe.http"
  JsonText arguments;
};
struct SetTimer {
  std::uint64_t timer = 0;
  Millis after{0};
};
struct Report { // progress: a note that a person may read; and what the next attempt gets, if this
                // one does not complete. Null: only a note
  std::string note;
  JsonText progress{};
};
struct Complete {
  JsonText output;
};
struct Fail {
  Error error;
};
using Action = std::variant<CallTool, SetTimer, Report, Complete, Fail>;

class Agent {
 public:
  virtual ~Agent() = default;
  /// Pure: depends on what it was told and on `now` alone. Complete or Fail is the last action of a
  /// task.
  virtual std::vector<Action> on(const Event& event, Instant now) = 0;
};

/// Makes the agent of a role of kind runbook or native. invalid_input: an unknown kind or native
/// agent, a runbook that does not parse (with every fault).
Result<std::unique_ptr<Agent>> make_agent(const Task& task);

/// The kinds of roles that make_agent knows.
std::vector<std::string> agent_kinds();

/// The names make_agent knows for kind native: "reporter", "validator", ...
std::vector<std::string> native_agents();

} // namespace troupe::agent
