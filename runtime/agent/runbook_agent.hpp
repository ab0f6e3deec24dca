// An agent that follows a runbook: checks, then the first rule that matches: act, verify, outcome.
#pragma once
#include <memory>

#include "runtime/agent/runbook.hpp"
#include "runtime/agent/task.hpp"

namespace troupe::agent {

/// Deterministic: which calls it makes, and in which order, depends on the answers alone, so an
/// attempt that resumes elsewhere makes the same calls again and finds them recorded. The task
/// fails with the class of the check or act that failed; invalid_input: a template misses a path
/// or a type; task_failed: no rule matches, a rule says `fail`, a verify is not met in time.
std::unique_ptr<Agent> make_runbook_agent(Runbook runbook, const Task& task);

} // namespace troupe::agent
