// configs/node.yaml shows every key with its default.
#include "runtime/config/settings.hpp"

#include <algorithm>

#include "runtime/ascii.hpp"
#include "runtime/config/files.hpp"
#include "runtime/config/limits.hpp"
#include "runtime/config/references.hpp"
#include "runtime/config/syntax.hpp"
#include "runtime/plan/fields.hpp"

namespace troupe::config {
namespace {

using plan::Fault;
using plan::Fields;
using plan::SourceNode;

constexpr std::uint32_t slots_max = 1024;

/// Reads one settings file, section by section.
class Reader {
 public:
  Reader(const plan::Source& source, std::vector<Fault>& faults)
      : source_{source}, faults_{faults}, top_{source.root, "the settings", faults} {}

  Settings read() {
    checked_text(top_, "cluster", settings_.cluster, is_cluster_name,
                 "lower-case letters, digits and dashes (64 at most)");
    if (const auto* node = top_.map("node")) read_node(*node);
    if (const auto* nats = top_.map("nats")) read_nats(*nats);
    if (const auto* postgres = top_.map("postgres"))
      read_url(*postgres, "`postgres`", settings_.postgres_url, is_postgres_url,
               "postgresql://user@host:port/database or \"host=.. dbname=..\"");
    if (const auto* http = top_.map("http")) read_http(*http);
    if (const auto* log = top_.map("log")) read_log(*log);
    if (const auto* rules = top_.map("retention"))
      settings_.retention = read_retention(*rules, faults_);
    if (const auto* rules = top_.list("limits")) settings_.limits = read_limits(*rules, faults_);
    read_path(top_, "data_dir", settings_.data_dir);
    read_teams();
    if (const auto* toolkits = top_.map("toolkits")) read_toolkits(*toolkits);
    if (const auto* breakers = top_.map("breakers")) read_breakers(*breakers);
    top_.refuse_unknown();
    return std::move(settings_);
  }

 private:
  /// Keeps the default if the key is absent. The value is not shown: it may be a secret.
  void checked_text(Fields& fields, std::string_view key, std::string& out,
                    bool (*is_valid)(std::string_view), const std::string& expected) {
    const auto value = fields.text(key);
    if (!value) return;
    if (is_valid(*value))
      out = *value;
    else
      fields.fault(fields.find(key)->place, "`" + std::string{key} + "` must be " + expected);
  }

  void read_path(Fields& fields, std::string_view key, std::string& out) {
    if (const auto path = fields.filled_text(key)) out = resolve(source_.file, *path);
  }

  void read_node(const SourceNode& node) {
    Fields fields{node, "`node`", faults_};
    checked_text(fields, "name", settings_.node, is_node_name,
                 "letters, digits, `_` and `-` (64 at most, a letter or digit first)");
    read_modes(fields);
    read_roles(fields);
    read_labels(fields);
    settings_.slots =
        static_cast<std::uint32_t>(fields.integer("slots", 1, slots_max).value_or(settings_.slots));
    settings_.drain = fields.duration("drain").value_or(settings_.drain);
    fields.refuse_unknown();
  }

  /// A gateway is nothing else unless it is said.
  void read_modes(Fields& fields) {
    settings_.gateway = fields.boolean("gateway").value_or(false);
    settings_.orchestrator = fields.boolean("orchestrator").value_or(!settings_.gateway);
    settings_.agent = fields.boolean("agent").value_or(!settings_.gateway);
    settings_.tools = fields.boolean("tools").value_or(settings_.agent);
    if (settings_.gateway && settings_.orchestrator)
      fields.fault(fields.place_of("gateway"),
                   "an `orchestrator` serves the API itself; a `gateway` is a node of its own");
    if (!settings_.orchestrator && !settings_.agent && !settings_.tools && !settings_.gateway)
      fields.fault(
          fields.place_of("agent"),
          "a node that is neither `orchestrator`, `agent` nor `gateway` and has no `tools` "
          "has nothing to do; set one of them to true");
  }

  void read_roles(Fields& fields) {
    if (!fields.has("roles")) return;
    settings_.roles = fields.texts("roles");
    for (const auto& role : fields.node().find("roles")->items)
      if (role.type == SourceNode::Type::string && role.scalar.empty())
        fields.fault(role.place, "the name of a role must not be empty; \"*\" means every role");
  }

  void read_labels(Fields& fields) {
    if (!fields.has("labels")) return;
    settings_.labels = fields.texts("labels");
    for (const auto& label : fields.node().find("labels")->items)
      if (label.type == SourceNode::Type::string && !is_label(label.scalar))
        fields.fault(label.place,
                     "a label must be a name or name=value, such as gpu=1, without spaces or "
                     "commas; not `" +
                         label.scalar + "`");
  }

  void read_url(const SourceNode& node, std::string what, std::string& out,
                bool (*is_valid)(std::string_view), const std::string& expected) {
    Fields fields{node, std::move(what), faults_};
    checked_text(fields, "url", out, is_valid, expected);
    fields.refuse_unknown();
  }

  void read_nats(const SourceNode& node) {
    Fields fields{node, "`nats`", faults_};
    checked_text(fields, "url", settings_.nats_url, is_nats_url,
                 "nats://host:port or tls://host:port, several separated by commas");
    read_path(fields, "tls_ca", settings_.nats_ca_file);
    read_path(fields, "nkey_seed_file", settings_.nats_nkey_seed_file);
    settings_.stream_replicas = static_cast<std::uint32_t>(
        fields.integer("stream_replicas", 1, 5).value_or(settings_.stream_replicas));
    fields.refuse_unknown();
  }

  void read_http(const SourceNode& node) {
    Fields fields{node, "`http`", faults_};
    checked_text(
        fields, "listen", settings_.listen,
        [](std::string_view text) { return text.empty() || is_listen_address(text); },
        "an address and a port, such as 127.0.0.1:8420 or [::1]:8420, or \"\" for no HTTP");
    checked_text(fields, "url", settings_.http_url, is_http_url,
                 "http://host:port or https://host, without a path");
    read_hosts(fields);
    fields.refuse_unknown();
  }

  void read_hosts(Fields& fields) {
    if (!fields.has("hosts")) return;
    settings_.hosts = fields.texts("hosts");
    for (const auto& host : fields.node().find("hosts")->items)
      if (host.type == SourceNode::Type::string && !is_host(host.scalar))
        fields.fault(host.place,
                     "a host must be a name without scheme and port, such as troupe.example.org; "
                     "not `" +
                         host.scalar + "`");
    for (auto& host : settings_.hosts) host = lower(host);
  }

  void read_log(const SourceNode& node) {
    Fields fields{node, "`log`", faults_};
    const std::vector<std::pair<std::string, std::string>> levels{
        {"debug", "debug"}, {"info", "info"}, {"warn", "warn"}, {"error", "error"}};
    settings_.log_level = fields.choice("level", levels).value_or(settings_.log_level);
    read_path(fields, "file", settings_.log_file);
    fields.refuse_unknown();
  }

  void read_teams() {
    const auto* teams = top_.list("teams");
    if (teams == nullptr) return;
    for (const auto& team : teams->items) {
      if (team.type != SourceNode::Type::string || team.scalar.empty()) {
        top_.fault(team.place, "`teams` must hold the paths of team files");
        continue;
      }
      auto path = resolve(source_.file, team.scalar);
      auto& known = settings_.team_files;
      if (std::find(known.begin(), known.end(), path) != known.end())
        top_.fault(team.place, "the team file `" + path + "` is named twice");
      else
        known.push_back(std::move(path));
    }
  }

  void read_toolkits(const SourceNode& node) {
    for (const auto& [name, value] : node.members) {
      if (value.type == SourceNode::Type::null) // "probe:" alone
        settings_.toolkits[name] = JsonText{"{}"};
      else if (value.type == SourceNode::Type::map)
        settings_.toolkits[name] = value.to_json();
      else
        top_.fault(value.place, "the settings of the toolkit `" + name + "` must be a map, not " +
                                    std::string{describe(value.type)} +
                                    "; {} if there is nothing to say");
    }
  }

  void read_breakers(const SourceNode& node) {
    for (const auto& [toolkit, value] : node.members) {
      Fields fields{value, "`breakers` of `" + toolkit + "`", faults_};
      if (!settings_.toolkits.contains(toolkit))
        top_.fault(value.place, "`breakers` names `" + toolkit +
                                    "`, which is not among the `toolkits` of this node");
      auto& policy = settings_.breakers[toolkit];
      policy.failures =
          static_cast<std::uint32_t>(fields.integer("failures", 1, 1000).value_or(policy.failures));
      policy.within = fields.duration("within").value_or(policy.within);
      policy.open_for = fields.duration("open_for").value_or(policy.open_for);
      fields.refuse_unknown();
    }
  }

  const plan::Source& source_;
  std::vector<Fault>& faults_;
  Fields top_;
  Settings settings_;
};

/// Notes where `node` and everything in it stands.
void note_places(const SourceNode& node, const std::string& pointer,
                 std::map<std::string, plan::Place>& places) {
  places[pointer] = node.place;
  for (std::size_t i = 0; i < node.items.size(); ++i)
    note_places(node.items[i], pointer + '/' + std::to_string(i), places);
  for (const auto& [name, value] : node.members) {
    std::string step;
    for (const char c : name) step += c == '~' ? "~0" : c == '/' ? "~1" : std::string{c};
    note_places(value, pointer + '/' + step, places);
  }
}

bool same_place(const Fault& a, const Fault& b) {
  return a.place.line == b.place.line && a.place.column == b.place.column &&
         a.place.pointer == b.place.pointer;
}

} // namespace

SettingsResult parse_settings(const std::string& file, std::string_view text) {
  auto [source, faults] = plan::read_source(file, text);
  SettingsResult result{{}, std::move(faults), {}};
  const bool unreadable =
      !result.faults.empty() && source.root.type == SourceNode::Type::null; // it comes alone
  if (unreadable) return result;
  const auto unfilled = fill_references(source);
  result.settings = Reader{source, result.faults}.read();
  // A string that could not be filled in is one fault, whatever its reader made of the rest.
  std::erase_if(result.faults, [&](const Fault& fault) {
    return std::any_of(unfilled.begin(), unfilled.end(),
                       [&](const Fault& other) { return same_place(fault, other); });
  });
  result.faults.insert(result.faults.end(), unfilled.begin(), unfilled.end());
  plan::sort_by_place(result.faults);
  if (const auto* toolkits = source.root.find("toolkits"))
    note_places(*toolkits, "/toolkits", result.toolkit_places);
  return result;
}

plan::Fault place_toolkit_fault(const SettingsResult& result, std::string_view text) {
  std::string pointer{text.substr(0, text.find(": "))};
  for (;;) {
    const auto found = result.toolkit_places.find(pointer);
    if (found != result.toolkit_places.end()) return {found->second, std::string{text}};
    const auto slash = pointer.rfind('/');
    if (slash == std::string::npos) return {{}, std::string{text}};
    pointer.resize(slash);
  }
}

SettingsResult load_settings(const std::string& path) {
  const auto text = read_file(path, limits::plan_bytes_max);
  if (!text.ok()) return {{}, {{{}, text.error().message}}, {}};
  return parse_settings(path, *text);
}

} // namespace troupe::config
