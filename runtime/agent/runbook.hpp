// A runbook: the rules that a role of kind runbook follows. Deterministic, needs no key.
//
//   runbook: heal-service
//   description: Restarts a service whose process is gone.
//   checks:                              # in order; each binds its result as checks.<id>
//     - id: status
//       tool: service.status
//       with: { service: "${{ task.service }}" }
//       tolerate: true                   # a failure binds {ok: false, error: {class, message}}
//     - { id: services, tool: service.list }
//     - id: known                        # the first item of a list with `where` true; else null
//       find: "${{ checks.services.services }}"
//       where: "${{ item.service == task.service }}"
//   rules:                               # the first whose match is true fires
//     - id: process-gone
//       match: "${{ !checks.status.process_alive }}"
//       act:                             # in order; each binds its result as acts.<id>
//         - { id: restart, tool: service.restart, with: { service: "${{ task.service }}" } }
//       verify:                          # polled until it holds; never within 60s: task_failed
//         - { tool: probe.http, with: { url: "${{ task.url }}" }, until: "${{ result.ok }}",
//             every: 1s, within: 60s }
//       output: { cause: process_gone, action: restart }
//     - id: otherwise                    # no match: always
//       fail: "No rule matches: ${{ checks.status.health.detail }}"     # task_failed
//
// A verify may `find` in its result too; its `until` then looks at `found`. `parallel: true` beside
// `checks` calls their tools at once; then `with` may not use checks. Templates start from task,
// context, checks.<id>, acts.<id>, verified.<id> (what a verify with an id ended with), result (of
// a verify: its last result), item (in `where`) and found.
#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/plan/source.hpp"
#include "runtime/plan/template.hpp"

namespace troupe::agent {

struct ToolUse {
  std::string id;
  std::string tool;
  plan::Template with;
  bool tolerate = false;
};

/// The first item of a list for which a condition holds; null if none does or there is no list.
struct Find {
  std::string id; // empty in a verify
  plan::Expression list;
  plan::Expression where;
};

using Check = std::variant<ToolUse, Find>;

struct Verify {
  std::string id; // may be empty
  std::string tool;
  plan::Template with;
  std::optional<Find> find; // in `result`; `until` sees it as `found`
  plan::Expression until;
  Millis every{1000};
  Millis within{60'000};
};

struct Rule {
  std::string id;
  std::optional<plan::Expression> match; // nothing: always
  std::vector<ToolUse> act;
  std::vector<Verify> verify;
  plan::Template output;              // meaningful without `fail`
  std::optional<plan::Template> fail; // a text; the task fails with it after act and verify
};

struct Runbook {
  std::string name;
  std::string description;
  bool parallel = false;
  std::vector<Check> checks;
  std::vector<Rule> rules;
};

struct RunbookResult {
  Runbook runbook; // meaningful only without faults
  std::vector<plan::Fault> faults;
};

/// Reads and checks a runbook, all faults at once: unknown keys (with the nearest known one),
/// ill-typed values, duplicate ids, templates that do not parse or start from what is not there
/// yet, rules that can never fire, tools that `allowed` (a role's `tools`) does not cover. Without
/// `allowed` tools are not judged.
RunbookResult parse_runbook(const plan::Source& source,
                            const std::optional<std::vector<std::string>>& allowed = {});

/// The faults of parse_runbook alone.
std::vector<plan::Fault> check_runbook(const plan::Source& source,
                                       const std::optional<std::vector<std::string>>& allowed = {});

/// The tools it names, sorted, each once.
std::vector<std::string> tools_of(const Runbook& runbook);

} // namespace troupe::agent
