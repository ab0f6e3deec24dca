// A plan walked without acting: what runs when, where it could, with whose permission, for how long
// at most, and what nothing takes back.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/json_text.hpp"
#include "runtime/placement/node_view.hpp"
#include "runtime/plan/longest.hpp"
#include "runtime/plan/plan.hpp"

namespace troupe::plan {

struct ToolFacts {
  std::string risk;   // read | write | destructive
  std::string effect; // pure | idempotent | keyed | once
  Millis timeout{0};  // its own
};

/// What is known besides the plan. Without a team or a cluster a preview says less.
struct Surroundings {
  std::map<std::string, ToolFacts> tools; // of every toolkit this build knows
  /// Of the team: what each role may call ("probe.http", "probe.*", "*"). Nothing: no team.
  std::optional<std::map<std::string, std::vector<std::string>>> roles;
  std::map<std::string, std::string> kinds;      // of its roles, as far as they are known
  std::map<std::string, const Plan*> plans;      // of the team, checked
  std::optional<placement::ClusterView> cluster; // nothing: no server was reached
};

struct PreviewStep {
  std::string id;   // of a case its label
  std::string kind; // as it stands in the plan, or "case"
  std::string what; // the role, the tool, "in ${{ inputs.hosts }}, 5 at a time"
  std::size_t first_wave = 0, last_wave = 0;
  std::vector<std::string> needs;
  std::string when;
  bool always = false;
  std::vector<std::string> notes; // "timeout 10m", "undo: n8n.destroy"
  Longest longest;
  std::string risk, effect; // the greatest of what it may do; empty: not known, or nothing
  std::string where;        // "2 of 3 nodes"; empty: not known, or nowhere to place
  bool hole = false;        // no node can take it
  std::vector<PreviewStep> children;
};

struct Permission {
  std::string role;
  struct Tool {
    std::string name; // a pattern where this build does not know the toolkit
    std::string risk, effect;
  };
  std::vector<Tool> tools;
};

struct Preview {
  std::string plan, description, hash;
  std::size_t steps = 0; // that act, wait or ask: no groups
  PreviewStep root;
  std::vector<std::vector<std::string>> waves; // ids of what may run at once
  std::vector<Permission> permissions;         // of the roles that it names; empty without a team
  struct Approval {
    std::string step, role;
    Millis expires{};
  };
  std::vector<Approval> approvals;
  std::vector<std::string> holes;    // "role nginx_proxy: 0 of 3 nodes offer it"
  std::vector<std::string> warnings; // what nothing takes back, what a restart cannot do
  std::vector<std::string> remarks;  // what could not be looked at
  std::vector<Preview> plans;        // that child runs execute, each once; of the top one only
};

/// Requires a plan that was read without faults.
Preview preview(const Plan& plan, const Surroundings& surroundings);

JsonText to_json(const Preview& preview);

/// A Mermaid flowchart: groups are subgraphs, needs are arrows.
std::string to_mermaid(const Preview& preview);

/// "3h 10m at most", "no bound": as long as nodes are up and have room.
std::string to_words(const Longest& longest);

} // namespace troupe::plan
