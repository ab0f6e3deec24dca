// A team: roles, plans and routes that serve one kind of job (configs/teams/*.yaml), with all it
// names read and checked.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/intake/schedule.hpp"
#include "runtime/json_text.hpp"
#include "runtime/message/agent_message.hpp"
#include "runtime/plan/parse.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/plan/source.hpp"

namespace troupe::config {

/// What a run pins and executes: {"plan":{..source..},"plans":{name:{..source..}},
/// "roles":{name:{..}},"team":".."}, canonical; without "plans" where there is no child run. Its
/// sha256 is the bundle's hash.
struct Bundle {
  std::string hash;
  std::string body;
};

struct NamedPlan {
  plan::Plan plan;
  JsonText source;                        // the plan as JSON: what is pinned
  std::shared_ptr<const Bundle> bundle{}; // what its runs pin; of the plans of a loaded team
};

/// What a job is made of that is made later.
struct JobTemplate {
  std::string plan;
  plan::Template inputs; // over the roots that whoever starts it has, as are the labels
  std::map<std::string, plan::Template> labels;
  message::Priority priority = message::Priority::normal;
};

/// Which plan an alert group starts. The first route whose labels all match takes it. Its roots:
/// `group` (the webhook body) and `alert` (its first firing alert).
struct AlertRoute : JobTemplate {
  AlertRoute() { priority = message::Priority::high; }
  std::map<std::string, std::string>
      match; // common label -> exact value; "*": present; empty: any group
};

/// Which plan an injected event starts. The first route whose source and attributes all match takes
/// it. Its roots: `event` (the CloudEvent in its JSON format) and `injected` ({"in","by"}).
struct EventRoute : JobTemplate {
  std::string channel; // <source> of in.<source>
  std::map<std::string, std::string>
      match; // attribute -> exact value; "a.*": begins so; "*": present; empty: any event
};

/// A plan that is started when a cron expression is due. Its root: `schedule`, {"id","team","due"}.
struct Schedule : JobTemplate {
  std::string id;
  std::string expression, zone = "UTC";
  intake::Cron cron; // of the two
  intake::CatchUp catch_up;
  bool overlap = true; // also while the job that it started last is unfinished
  std::string title;   // of its jobs; empty: the plan's name

  /// What makes it due: another one counts from the moment it is declared.
  std::string timing() const { return expression + ' ' + zone; }
};

struct Team {
  std::string name;
  std::string description;
  std::map<std::string, message::RoleDefinition> roles;
  std::map<std::string, NamedPlan> plans;
  std::vector<AlertRoute> alert_routes;
  std::vector<EventRoute> event_routes;
  std::vector<Schedule> schedules;
  std::string file;
};

struct FileFault {
  std::string file;
  plan::Fault fault;
};

struct TeamResult {
  Team team;                     // meaningful only without faults
  std::vector<FileFault> faults; // of the team's file and of every plan and runbook it names
};

TeamResult load_team(const std::string& path);

/// What its plans may name: its roles, the tools that any of them may call, and its plans, which
/// stay the team's.
plan::Catalogue catalogue_of(const Team& team);

/// Takes the child plans that the plan reaches and the roles that it and they name, no others.
Bundle make_bundle(const Team& team, const NamedPlan& plan);

struct UnpackedBundle {
  plan::Plan plan;
  std::string team;
  std::map<std::string, message::RoleDefinition> roles;
  std::map<std::string, plan::Plan> plans;        // that child runs execute, by name in the team
  std::map<std::string, JsonText> plan_sources{}; // of the same
};
/// internal: not a bundle, or one of its plans no longer parses.
Result<UnpackedBundle> unpack_bundle(const std::string& body);

/// What a child run pins: the same bundle that make_bundle would make of that plan and the team.
/// Requires `plan` to be one of parent.plans.
Bundle child_bundle(const UnpackedBundle& parent, const std::string& plan);

} // namespace troupe::config
