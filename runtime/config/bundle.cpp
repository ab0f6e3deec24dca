// The document a run pins:
// {"plan":{..},"plans":{"restart":{..}},"roles":{"triage":{..}},"team":".."}, canonical JSON.
#include <functional>
#include <set>

#include "runtime/config/team.hpp"
#include "runtime/hash.hpp"
#include "runtime/message/codec.hpp"
#include "runtime/message/json_reader.hpp"
#include "runtime/message/json_writer.hpp"
#include "runtime/plan/parse.hpp"
#include "runtime/plan/uses.hpp"

namespace troupe::config {
namespace {

using message::append_string;
using message::JsonReader;

struct PlanAndSource {
  const plan::Plan* plan = nullptr; // null: the team has none of that name, which was told before
  const JsonText* source = nullptr;
};
using FindPlan = std::function<PlanAndSource(const std::string& name)>;

/// Follows child plans from `top` on, each once.
struct Reached {
  std::map<std::string, PlanAndSource> plans;
  std::set<std::string, std::less<>> roles;

  Reached(const plan::Plan& top, const FindPlan& find) { follow(top, find); }

 private:
  void follow(const plan::Plan& plan, const FindPlan& find) {
    auto uses = plan::uses_of(plan);
    roles.merge(uses.roles);
    for (const auto& name : uses.plans) {
      const auto child = find(name);
      if (child.plan != nullptr && plans.emplace(name, child).second) follow(*child.plan, find);
    }
  }
};

/// Appends "name":<text> of each item that `text_of` has one for.
template <class Items, class TextOf>
void append_map(std::string& out, const Items& items, TextOf text_of) {
  out += '{';
  for (const auto& item : items) {
    const auto [name, text] = text_of(item);
    if (text.empty()) continue;
    if (out.back() != '{') out += ',';
    append_string(out, name);
    out += ':' + text;
  }
  out += '}';
}

Bundle bundle_of(const PlanAndSource& top, const FindPlan& find,
                 const std::map<std::string, message::RoleDefinition>& roles,
                 const std::string& team) {
  const Reached reached{*top.plan, find};
  std::string text = "{\"plan\":" + top.source->text;
  if (!reached.plans.empty()) {
    text += ",\"plans\":";
    append_map(text, reached.plans, [](const auto& plan) {
      return std::pair{plan.first, plan.second.source->text};
    });
  }
  text += ",\"roles\":";
  append_map(text, reached.roles, [&](const std::string& name) {
    const auto role = roles.find(name); // checked against the team before (load_team)
    return std::pair{name, role == roles.end() ? "" : message::encode_role(role->second)};
  });
  text += ",\"team\":";
  append_string(text, team);
  auto body = canonical(JsonText{text + '}'});
  auto hash = sha256_hex(body);
  return {std::move(hash), std::move(body)};
}

struct Parts {
  std::string_view plan;
  std::map<std::string, std::string_view> plans;
  std::string team;
  std::map<std::string, message::RoleDefinition> roles;
};

bool read_role(JsonReader& in, message::RoleDefinition& role) {
  std::string_view raw;
  if (!in.read_raw(raw)) return false;
  auto decoded = message::decode_role(raw);
  if (!decoded.ok()) return in.fail(decoded.error().message);
  return role = *std::move(decoded), true;
}

bool read_parts(JsonReader& in, Parts& parts) {
  return in.read_object([&](std::string_view key) {
    if (key == "plan") return in.read_raw(parts.plan);
    if (key == "plans")
      return in.read_object(
          [&](std::string_view name) { return in.read_raw(parts.plans[std::string{name}]); });
    if (key == "team") return in.read_string(parts.team);
    if (key == "roles")
      return in.read_object(
          [&](std::string_view name) { return read_role(in, parts.roles[std::string{name}]); });
    return in.skip_value();
  }) && in.at_end();
}

Result<plan::Plan> read_plan(const std::string& file, std::string_view text) {
  auto parsed = plan::parse_plan(file, text);
  if (parsed.faults.empty()) return std::move(parsed.plan);
  return make_error(ErrorClass::internal,
                    "the plan of the bundle cannot be read by this version: " +
                        plan::render(parsed.faults, file));
}

} // namespace

Bundle make_bundle(const Team& team, const NamedPlan& plan) {
  const auto find = [&](const std::string& name) -> PlanAndSource {
    const auto found = team.plans.find(name);
    if (found == team.plans.end()) return {};
    return {&found->second.plan, &found->second.source};
  };
  return bundle_of({&plan.plan, &plan.source}, find, team.roles, team.name);
}

Bundle child_bundle(const UnpackedBundle& parent, const std::string& plan) {
  const auto find = [&](const std::string& name) -> PlanAndSource {
    const auto found = parent.plans.find(name);
    if (found == parent.plans.end()) return {};
    return {&found->second, &parent.plan_sources.at(name)};
  };
  return bundle_of(find(plan), find, parent.roles, parent.team);
}

Result<UnpackedBundle> unpack_bundle(const std::string& body) {
  JsonReader in{body};
  Parts parts;
  if (!read_parts(in, parts))
    return make_error(ErrorClass::internal, "not a bundle: " + in.error());
  if (parts.plan.empty()) return make_error(ErrorClass::internal, "not a bundle: it has no plan");
  UnpackedBundle bundle;
  auto plan = read_plan("plan.json", parts.plan);
  if (!plan) return plan.error();
  bundle.plan = *std::move(plan);
  for (const auto& [name, text] : parts.plans) {
    auto child = read_plan(name + ".json", text);
    if (!child) return child.error();
    bundle.plans.emplace(name, *std::move(child));
    bundle.plan_sources.emplace(name, JsonText{std::string{text}});
  }
  bundle.team = std::move(parts.team);
  bundle.roles = std::move(parts.roles);
  return bundle;
}

} // namespace troupe::config
