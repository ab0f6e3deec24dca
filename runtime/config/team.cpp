// A team file:
//   team: incident-response
//   description: ..
//   roles:
//     triage: { kind: runbook, runbook: ../runbooks/triage.yaml, tools: [alertmanager.*] }
//     reporter: { kind: native, agent: reporter, tools: [workspace.write] }
//   plans: { service-down: ../plans/service-down.yaml }
//   alerts:
//     - match: { alertname: ServiceDown, service: "*" }
//       plan: service-down
//       priority: high
//       inputs: { service: "${{ alert.labels.service }}" }
//   events:
//     - { in: ci, match: { type: build.failed }, plan: service-down }
//   schedules:
//     - { id: nightly, cron: "0 3 * * *", zone: Europe/Berlin, plan: service-down, missed: once }
#include "runtime/config/team.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "runtime/agent/runbook.hpp"
#include "runtime/agent/task.hpp"
#include "runtime/config/alert_routes.hpp"
#include "runtime/config/event_routes.hpp"
#include "runtime/config/files.hpp"
#include "runtime/config/schedules.hpp"
#include "runtime/config/syntax.hpp"
#include "runtime/hash.hpp"
#include "runtime/limits.hpp"
#include "runtime/message/codec.hpp"
#include "runtime/plan/fields.hpp"
#include "runtime/plan/parse.hpp"
#include "runtime/plan/suggestion.hpp"

namespace troupe::config {
namespace {

using plan::Fault;
using plan::Fields;
using plan::SourceNode;

constexpr std::string_view name_rule =
    " must be letters, digits, `_` and `-` (64 at most, a letter or digit first)";

class Reader {
 public:
  explicit Reader(const plan::Source& source, std::vector<Fault>& faults)
      : source_{source}, own_{faults}, top_{source.root, "the team", faults} {}

  Team read() {
    team_.file = source_.file;
    if (top_.require("team", "give it a name: `team: incident-response`"))
      if (auto name = top_.text("team")) {
        if (!is_node_name(*name))
          top_.fault(top_.find("team")->place, "`team`" + std::string{name_rule});
        team_.name = *std::move(name);
      }
    team_.description = top_.text("description").value_or("");
    if (const auto* roles = top_.map("roles")) read_each(*roles, "role", &Reader::read_role);
    if (const auto* plans = top_.map("plans")) read_each(*plans, "plan", &Reader::read_plan);
    check_plans();
    if (const auto* routes = top_.list("alerts"))
      team_.alert_routes = read_alert_routes(*routes, plan_names_, team_.plans, own_);
    if (const auto* routes = top_.list("events"))
      team_.event_routes = read_event_routes(*routes, plan_names_, team_.plans, own_);
    if (const auto* schedules = top_.list("schedules"))
      team_.schedules = read_schedules(*schedules, plan_names_, team_.plans, own_);
    top_.refuse_unknown();
    return std::move(team_);
  }

  /// Faults of the files that the team names.
  std::vector<FileFault> take_others() { return std::move(others_); }

 private:
  using ReadOne = void (Reader::*)(const std::string& name, const SourceNode& value);

  void read_each(const SourceNode& map, const std::string& what, ReadOne read_one) {
    for (std::size_t i = 0; i < map.members.size(); ++i) {
      const auto& [name, value] = map.members[i];
      if (!is_node_name(name))
        top_.fault(map.member_places[i],
                   "the name of a " + what + std::string{name_rule} + "; not `" + name + "`");
      (this->*read_one)(name, value);
    }
  }

  void read_role(const std::string& name, const SourceNode& value) {
    Fields fields{value, "role `" + name + "`", own_};
    auto& role = team_.roles[name];
    role.role = name;
    fields.require("kind", "say `kind: runbook`, `kind: native` or `kind: foreign`");
    const std::vector<std::pair<std::string, std::string>> kinds{
        {"runbook", "runbook"}, {"native", "native"}, {"foreign", "foreign"}};
    role.kind = fields.choice("kind", kinds).value_or("");
    role.tools = fields.texts("tools");
    check_tools(fields);
    const bool unclear = role.kind.empty();
    if (role.kind == "runbook" || unclear) read_runbook(fields, role);
    if (role.kind == "native" || unclear) read_native(fields, role);
    role.hash = digest(JsonText{message::encode_role(role)});
    fields.refuse_unknown();
  }

  void check_tools(Fields& fields) {
    const auto* tools = fields.find("tools");
    if (tools == nullptr) return;
    for (const auto& tool : tools->items)
      if (tool.type == SourceNode::Type::string && !is_tool_pattern(tool.scalar))
        fields.fault(tool.place,
                     "a tool must be written as probe.http, probe.* (all of a toolkit) "
                     "or \"*\"; not `" +
                         tool.scalar + "`");
  }

  void read_runbook(Fields& fields, message::RoleDefinition& role) {
    if (role.kind == "runbook")
      fields.require("runbook", "name its file: `runbook: ../runbooks/triage.yaml`");
    const auto path = fields.filled_text("runbook");
    if (!path) return;
    const auto source = read_named(*fields.find("runbook"), "runbook");
    if (!source) return;
    role.runbook = source->root.to_json();
    report(source->file, agent::check_runbook(*source, role.tools));
    if (role.runbook.text.size() > limits::runbook_bytes_max)
      report(source->file,
             {{source->root.place, "the runbook has " + std::to_string(role.runbook.text.size()) +
                                       " bytes as JSON; at most " +
                                       std::to_string(limits::runbook_bytes_max) +
                                       ", for it travels in each assignment"}});
  }

  void read_native(Fields& fields, message::RoleDefinition& role) {
    const auto known = agent::native_agents();
    if (role.kind == "native")
      fields.require("agent", "name one of the built-in agents: " + plan::one_of(known));
    role.native = fields.filled_text("agent").value_or("");
    if (role.native.empty() || std::find(known.begin(), known.end(), role.native) != known.end())
      return;
    fields.fault(fields.find("agent")->place, "there is no built-in agent `" + role.native + "`" +
                                                  plan::did_you_mean(role.native, known) +
                                                  "; known are " + plan::one_of(known));
  }

  void read_plan(const std::string& name, const SourceNode& value) {
    plan_names_.push_back(name);
    if (value.type != SourceNode::Type::string || value.scalar.empty())
      return top_.fault(value.place, "the plan `" + name + "` must be the path of its file");
    const auto source = read_named(value, "plan");
    if (!source) return;
    auto [plan, faults] = plan::parse_plan(*source);
    report(source->file, faults);
    if (!faults.empty()) return;
    team_.plans[name] = {std::move(plan), source->root.to_json()};
    plan_sources_.emplace(name, *source);
  }

  /// Plans may ask for roles and for each other, so all are read before, wherever they stand in the
  /// file.
  void check_plans() {
    auto catalogue = catalogue_of(team_);
    for (const auto& name : plan_names_) catalogue.plans.emplace(name, nullptr);
    std::vector<std::string> faulty;
    for (const auto& name : plan_names_) {
      const auto found = plan_sources_.find(name);
      if (found == plan_sources_.end()) continue;
      const auto& source = found->second;
      const auto faults = plan::check_against(team_.plans.at(name).plan, source, catalogue);
      report(source.file, faults);
      if (!faults.empty()) faulty.push_back(name);
    }
    for (const auto& name : faulty) team_.plans.erase(name);
  }

  /// The document that `value` names; nothing, and the fault, if it cannot be read at all.
  std::optional<plan::Source> read_named(const SourceNode& value, const std::string& what) {
    const auto path = beside(source_.file, value.scalar);
    const auto text = read_file(path, limits::plan_bytes_max);
    if (!text.ok()) {
      top_.fault(value.place, "the " + what + " `" + path + "` " + text.error().message);
      return std::nullopt;
    }
    auto [source, faults] = plan::read_source(path, *text);
    report(path, faults);
    if (!faults.empty()) return std::nullopt;
    return std::move(source);
  }

  void report(const std::string& file, const std::vector<Fault>& faults) {
    for (const auto& fault : faults) others_.push_back({file, fault});
  }

  const plan::Source& source_;
  std::vector<Fault>& own_;
  std::vector<FileFault> others_;
  Fields top_;
  Team team_;
  std::vector<std::string> plan_names_; // readable or not
  std::map<std::string, plan::Source> plan_sources_;
};

/// Two roles may share a runbook: its faults are told once.
void drop_repeated(std::vector<FileFault>& faults) {
  const auto key = [](const FileFault& f) {
    return std::tuple{f.file, f.fault.place.line, f.fault.place.column, f.fault.place.pointer,
                      f.fault.message};
  };
  std::vector<FileFault> kept;
  for (auto& fault : faults)
    if (std::none_of(kept.begin(), kept.end(), [&](auto& k) { return key(k) == key(fault); }))
      kept.push_back(std::move(fault));
  faults = std::move(kept);
}

} // namespace

plan::Catalogue catalogue_of(const Team& team) {
  plan::Catalogue catalogue;
  std::set<std::string> tools;
  for (const auto& [name, role] : team.roles) {
    catalogue.roles.push_back(name);
    tools.insert(role.tools.begin(), role.tools.end());
  }
  catalogue.tools.assign(tools.begin(), tools.end());
  for (const auto& [name, named] : team.plans) catalogue.plans.emplace(name, &named.plan);
  return catalogue;
}

TeamResult load_team(const std::string& path) {
  TeamResult result;
  const auto text = read_file(path, limits::plan_bytes_max);
  if (!text.ok()) {
    result.faults.push_back({path, {{}, text.error().message}});
    return result;
  }
  auto [source, faults] = plan::read_source(path, *text);
  std::vector<FileFault> others;
  if (faults.empty() || source.root.type != SourceNode::Type::null) {
    Reader reader{source, faults};
    result.team = reader.read();
    others = reader.take_others();
    plan::sort_by_place(faults);
  }
  for (auto& fault : faults) result.faults.push_back({path, std::move(fault)});
  drop_repeated(others);
  result.faults.insert(result.faults.end(), others.begin(), others.end());
  if (!result.faults.empty()) return result;
  for (auto& [name, plan] : result.team.plans)
    plan.bundle = std::make_shared<const Bundle>(make_bundle(result.team, plan));
  return result;
}

} // namespace troupe::config
