// The agents written in C++: roles of kind native.
#pragma once
#include <memory>

#include "runtime/agent/task.hpp"

namespace troupe::agent {

/// The agent behind a direct tool step. Task: {"tool": "probe.http", "with": {..}}; output: the
/// tool's. Fails as the tool fails.
std::unique_ptr<Agent> make_caller(const Task& task);

/// Output: the task. To try out how plans run, and to measure it.
std::unique_ptr<Agent> make_echo(const Task& task);

/// Compares values with what is expected of them. Task:
///   {"expect": [{"name": "health", "is": true, "equals": true},
///               {"name": "latency_ms", "is": 12, "at_most": 500}]}
/// Each has one or more of: equals, not (any value), at_least, at_most (numbers), contains (part of
/// a text, item of a list, key of a map), one_of (a list). Output: {"met": ["health", ..]}.
/// task_failed names every expectation that is not met.
std::unique_ptr<Agent> make_validator(const Task& task);

/// Writes the report of an incident (incident_report.hpp has the task's shape) to the job's
/// workspace by workspace.write. Output: {"report": "report.md", "healed": bool, "summary": "..",
/// "markdown": ".."}: the text too, for readers who cannot reach the workspace.
std::unique_ptr<Agent> make_reporter(const Task& task);

} // namespace troupe::agent
