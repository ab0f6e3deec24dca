// The document a run pins: {"plan":{..},"roles":{"triage":{..}},"team":".."}, canonical JSON.
#include <set>

#include "runtime/config/team.hpp"
#include "runtime/hash.hpp"
#include "runtime/message/codec.hpp"
#include "runtime/message/json_reader.hpp"
#include "runtime/message/json_writer.hpp"
#include "runtime/plan/parse.hpp"

namespace troupe::config {
namespace {

using message::append_string;
using message::JsonReader;

void collect_roles(const plan::Node& node, std::set<std::string>& roles) {
  if (const auto* step = std::get_if<plan::AgentStep>(&node.kind)) roles.insert(step->role);
  if (!node.fallback.empty()) roles.insert(node.fallback);
  for (const auto& child : node.children) collect_roles(child, roles);
}

struct Parts {
  std::string_view plan;
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
    if (key == "team") return in.read_string(parts.team);
    if (key == "roles")
      return in.read_object(
          [&](std::string_view name) { return read_role(in, parts.roles[std::string{name}]); });
    return in.skip_value();
  }) && in.at_end();
}

} // namespace

Bundle make_bundle(const Team& team, const NamedPlan& plan) {
  std::set<std::string> named;
  collect_roles(plan.plan.root, named);
  std::string text = "{\"plan\":" + plan.source.text + ",\"roles\":{";
  for (const auto& name : named) {
    const auto role = team.roles.find(name);
    if (role == team.roles.end()) continue; // checked against the team before (load_team)
    if (text.back() != '{') text += ',';
    append_string(text, name);
    text += ':' + message::encode_role(role->second);
  }
  text += "},\"team\":";
  append_string(text, team.name);
  auto body = canonical(JsonText{text + '}'});
  auto hash = sha256_hex(body);
  return {std::move(hash), std::move(body)};
}

Result<UnpackedBundle> unpack_bundle(const std::string& body) {
  JsonReader in{body};
  Parts parts;
  if (!read_parts(in, parts))
    return make_error(ErrorClass::internal, "not a bundle: " + in.error());
  if (parts.plan.empty()) return make_error(ErrorClass::internal, "not a bundle: it has no plan");
  auto parsed = plan::parse_plan("plan.json", parts.plan);
  if (!parsed.faults.empty())
    return make_error(ErrorClass::internal,
                      "the plan of the bundle cannot be read by this version: " +
                          plan::render(parsed.faults, "plan.json"));
  return UnpackedBundle{std::move(parsed.plan), std::move(parts.team), std::move(parts.roles)};
}

} // namespace troupe::config
