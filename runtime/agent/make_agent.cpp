#include <utility>

#include "runtime/agent/native.hpp"
#include "runtime/agent/runbook_agent.hpp"
#include "runtime/agent/task.hpp"

namespace troupe::agent {
namespace {

using MakeNative = std::unique_ptr<Agent> (*)(const Task&);
constexpr std::pair<const char*, MakeNative> natives[] = {
    {"caller", make_caller},
    {"echo", make_echo},
    {"reporter", make_reporter},
    {"validator", make_validator},
};

Error refused(const Task& task, const std::string& why) {
  return make_error(ErrorClass::invalid_input, "role `" + task.role.role + "`: " + why);
}

Result<std::unique_ptr<Agent>> make_native(const Task& task) {
  std::string known;
  for (const auto& [name, make] : natives) {
    if (task.role.native == name) return make(task);
    known += (known.empty() ? "" : ", ") + std::string{name};
  }
  return refused(task, "no native agent is called `" + task.role.native + "`; there is " + known);
}

Result<std::unique_ptr<Agent>> follow_runbook(const Task& task) {
  const auto file = task.role.role + ".json";
  auto read = plan::read_source(file, task.role.runbook.text);
  if (!read.faults.empty()) return refused(task, plan::render(read.faults, file));
  auto parsed = parse_runbook(read.source, task.role.tools);
  if (!parsed.faults.empty()) return refused(task, plan::render(parsed.faults, file));
  return make_runbook_agent(std::move(parsed.runbook), task);
}

} // namespace

Result<std::unique_ptr<Agent>> make_agent(const Task& task) {
  if (task.role.kind == "native") return make_native(task);
  if (task.role.kind == "runbook") return follow_runbook(task);
  return refused(task,
                 "this build runs agents of kind runbook and native, not `" + task.role.kind + "`");
}

std::vector<std::string> agent_kinds() { return {"native", "runbook"}; }

std::vector<std::string> native_agents() {
  std::vector<std::string> names;
  for (const auto& [name, make] : natives) names.emplace_back(name);
  return names;
}

} // namespace troupe::agent
