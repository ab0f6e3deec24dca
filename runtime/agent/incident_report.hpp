// The report of an incident, as Markdown, from what the plan's steps came to.
//
//   task:
//     title: nginx is down                 # nothing: the job's title
//     service: nginx
//     alert: "${{ inputs.alert }}"         # as Alertmanager sends it
//     steps:                               # in the order they should be told
//       - { step: diagnose, part: diagnosis, output: "${{ steps.diagnose.output }}" }
//
// `part`: triage | evidence | diagnosis | action | verification; anything else is told in the
// timeline alone. Of the diagnosis' output the report reads cause, explanation, action, evidence
// and needs_person (the decision, in words). What became of a step, when and where, comes from the
// timeline in the context of an `always` step; `state` and `error` of an entry come first.
#pragma once
#include <string>

#include "runtime/agent/task.hpp"
#include "runtime/result.hpp"

namespace troupe::agent {

struct IncidentReport {
  bool healed = false; // there is a step of part verification and all of them completed
  std::string summary; // one line
  std::string markdown;
};

/// Depends on the task alone, not on the time nor on the step's own row in the timeline: an attempt
/// that resumes must write the same bytes. invalid_input: the task has no such shape.
Result<IncidentReport> write_incident_report(const Task& task);

} // namespace troupe::agent
