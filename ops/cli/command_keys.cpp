// troupe keys init | add | list | rotate | retire | revoke
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <functional>

#include "ops/cli/command.hpp"
#include "ops/cli/keys/key_folder.hpp"
#include "ops/cli/view/table.hpp"
#include "runtime/config/syntax.hpp"

namespace troupe::cli {

namespace json = boost::json;

namespace {

struct KeysOptions {
  std::string dir, cluster = "default", node;
  std::vector<std::string> servers, roles, toolkits, sources;
  bool all_servers = false;
};

std::vector<std::string> role_names(const keys::Member& member) {
  std::vector<std::string> names;
  for (const auto role : member.roles) names.emplace_back(keys::to_string(role));
  return names;
}

/// "nats-1" or "nats-1=nats-1.example.org,10.0.0.1"
KeyServer parse_server(const std::string& text) {
  const auto equals = text.find('=');
  KeyServer server{text.substr(0, equals), {}};
  server.hosts =
      CLI::detail::split(equals == std::string::npos ? text : text.substr(equals + 1), ',');
  const bool good = config::is_node_name(server.name) && !server.hosts.empty() &&
                    std::ranges::all_of(server.hosts, config::is_host);
  for (auto& host : server.hosts) std::erase_if(host, [](char c) { return c == '[' || c == ']'; });
  if (good) return server;
  throw Failure{ExitCode::usage, "--server " + text +
                                     ": expected NAME or NAME=HOST,HOST, such as "
                                     "nats-1=nats-1.example.org,10.0.0.1"};
}

/// A toolkit's name becomes a word of a subject, and "x-at-y" is x on the node y there.
bool is_toolkit_name(const std::string& name) {
  return config::is_node_name(name) && name.find("-at-") == name.npos && !name.ends_with("-all");
}

void require_names(const std::vector<std::string>& names, bool (*is_name)(const std::string&),
                   const char* what) {
  for (const auto& name : names)
    if (!is_name(name))
      throw Failure{ExitCode::usage, "`" + name + "` cannot be the name of a " + what +
                                         ": expected letters, digits, `_` and `-`"};
}

keys::Member parse_member(const KeysOptions& options) {
  require_names(
      {options.node}, [](const auto& name) { return config::is_node_name(name); }, "node");
  require_names(options.toolkits, is_toolkit_name, "toolkit");
  require_names(
      options.sources, [](const auto& name) { return config::is_node_name(name); }, "source");
  keys::Member member{options.node, {}, options.toolkits, options.sources};
  for (const auto& name : options.roles) {
    const auto role = keys::parse_role(name);
    if (!role)
      throw Failure{ExitCode::usage, "no role `" + name +
                                         "`; there are orchestrator, agent, tool, gateway, "
                                         "injector and viewer"};
    if (std::ranges::find(member.roles, *role) == member.roles.end()) member.roles.push_back(*role);
  }
  const auto has = [&](keys::Role role) {
    return std::ranges::find(member.roles, role) != member.roles.end();
  };
  if (has(keys::Role::tool) && member.toolkits.empty())
    throw Failure{ExitCode::usage,
                  "a tool node serves its own toolkits alone: name them with "
                  "--toolkits, such as --toolkits probe,logs"};
  if (has(keys::Role::injector) && member.sources.empty())
    throw Failure{ExitCode::usage,
                  "an injector sends from its own sources alone: name them with "
                  "--sources, such as --sources billing"};
  return member;
}

json::object to_json(const KeyFolder& folder, const KeyHolder& holder) {
  auto shown = to_json(holder);
  shown["seed_file"] = folder.seed_file(holder.member.node);
  return shown;
}

void print(const json::object& object) { std::printf("%s\n", json::serialize(object).c_str()); }

void say_reload(const KeyFolder& folder) {
  std::printf(
      "The servers learn of it when each has its new %s and reads it again:\n"
      "  nats-server --signal reload=nats.pid\n",
      folder.path_of("servers/<server>/users.conf").c_str());
}

void init(const KeysOptions& options, const CommandLine& line) {
  if (!config::is_cluster_name(options.cluster))
    throw Failure{ExitCode::usage, "--cluster " + options.cluster +
                                       ": expected lower-case letters, digits and dashes"};
  std::vector<KeyServer> servers;
  for (const auto& text : options.servers) servers.push_back(parse_server(text));
  const auto folder = KeyFolder::create(options.dir, options.cluster, servers, SystemClock{}.now());
  if (line.common.json)
    return print({{"cluster", folder.cluster()},
                  {"tls_ca", folder.path_of("ca.crt")},
                  {"servers", folder.servers().size()}});
  std::printf("%s is the authority of the cluster %s; keep its ca.key here alone.\n",
              folder.path_of("ca.crt").c_str(), folder.cluster().c_str());
  for (const auto& server : folder.servers())
    std::printf("server %s (%s): %s\n", server.name.c_str(), view::joined(server.hosts).c_str(),
                folder.path_of("servers/" + server.name).c_str());
  std::printf("Next: troupe keys add NODE --dir %s --role ROLE\n", options.dir.c_str());
}

/// What came of add and rotate.
void show_key(const KeyFolder& folder, const KeyHolder& holder, const CommandLine& line) {
  const auto& node = holder.member.node;
  if (line.common.json) return print(to_json(folder, holder));
  std::printf("%s (%s) has the key %s.\n", node.c_str(),
              view::joined(role_names(holder.member)).c_str(),
              holder.keys.front().public_key.c_str());
  std::printf(
      "Its machine needs the folder %s, and in the node's settings\n"
      "  nats: { url: \"tls://SERVER:4222\", tls_ca: ca.crt, nkey_seed_file: nkey.seed }\n",
      folder.path_of("nodes/" + node).c_str());
  say_reload(folder);
}

void add(const KeysOptions& options, const CommandLine& line) {
  const auto member = parse_member(options);
  KeyFolder folder{options.dir};
  show_key(folder, folder.add(member, SystemClock{}.now()), line);
}

void rotate(const KeysOptions& options, const CommandLine& line) {
  KeyFolder folder{options.dir};
  if (options.all_servers == !options.node.empty())
    throw Failure{ExitCode::usage, "name one node, or --servers for the servers' certificates"};
  if (!options.all_servers)
    return show_key(folder, folder.rotate(options.node, SystemClock{}.now()), line);
  folder.certify_servers(SystemClock{}.now());
  if (line.common.json) return print({{"servers", folder.servers().size()}});
  std::printf("%zu servers have new certificates, in %s; restart one after the other.\n",
              folder.servers().size(), folder.path_of("servers").c_str());
}

void retire(const KeysOptions& options, const CommandLine& line) {
  KeyFolder folder{options.dir};
  const auto retired = folder.retire(options.node);
  if (line.common.json) return print({{"node", options.node}, {"retired", retired}});
  std::printf("%zu older keys of %s are accepted no longer.\n", retired, options.node.c_str());
  say_reload(folder);
}

void revoke(const KeysOptions& options, const CommandLine& line) {
  KeyFolder folder{options.dir};
  folder.revoke(options.node);
  if (line.common.json) return print({{"node", options.node}, {"revoked", true}});
  std::printf("No key of %s is accepted any longer.\n", options.node.c_str());
  say_reload(folder);
}

json::array servers_json(const KeyFolder& folder) {
  json::array servers;
  for (const auto& server : folder.servers())
    servers.push_back(
        json::object{{"name", server.name},
                     {"hosts", json::array(server.hosts.begin(), server.hosts.end())},
                     {"valid_until", to_iso8601(folder.server_valid_until(server.name))}});
  return servers;
}

void list(const KeysOptions& options, const CommandLine& line) {
  const KeyFolder folder{options.dir};
  if (line.common.json) {
    json::array nodes;
    for (const auto& holder : folder.holders()) nodes.push_back(to_json(folder, holder));
    return print({{"cluster", folder.cluster()},
                  {"servers", servers_json(folder)},
                  {"nodes", std::move(nodes)}});
  }
  using Rows = std::vector<std::vector<view::Cell>>;
  const auto style = view::detect_style();
  Rows servers, nodes;
  for (const auto& server : folder.servers())
    servers.push_back({{server.name},
                       {view::joined(server.hosts)},
                       {to_iso8601(folder.server_valid_until(server.name))}});
  for (const auto& [member, keys] : folder.holders())
    for (const auto& key : keys)
      nodes.push_back({{member.node},
                       {view::joined(role_names(member))},
                       {view::joined(member.toolkits.empty() ? member.sources : member.toolkits)},
                       {key.public_key},
                       {to_iso8601(key.made_at), view::Tint::dim},
                       {&key == &keys.front() ? "" : "until it is retired", view::Tint::yellow}});
  std::printf("%s\n%s",
              view::render_table({"SERVER", "HOSTS", "VALID UNTIL"}, servers, style, "").c_str(),
              view::render_table({"NODE", "ROLES", "TOOLKITS", "PUBLIC KEY", "SINCE", ""}, nodes,
                                 style, "no nodes")
                  .c_str());
}

using Action = void (*)(const KeysOptions&, const CommandLine&);

CLI::App* declare(CLI::App& keys, CommandLine& line, const std::shared_ptr<KeysOptions>& options,
                  const char* name, const char* help, Action action) {
  auto* command = keys.add_subcommand(name, help);
  command->add_option("--dir", options->dir, "folder of the cluster's keys")->required();
  add_json_option(*command, line);
  command->callback([options, &line, action] { action(*options, line); });
  return command;
}

} // namespace

void add_keys_commands(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<KeysOptions>();
  auto* keys = app.add_subcommand(
      "keys",
      "Makes and rotates the keys that lock a cluster's bus, in a folder, without a server");
  keys->require_subcommand(1);
  const auto node = [&](CLI::App* command) {
    return command->add_option("NODE", options->node, "as its settings name it");
  };

  auto* made = declare(*keys, line, options, "init",
                       "Makes an authority and the certificates of the nats-servers", init);
  made->add_option("--cluster", options->cluster, "as the nodes' settings name it")
      ->capture_default_str();
  made->add_option("--server", options->servers,
                   "NAME, or NAME=HOST,HOST with all that it is reached by; once for each")
      ->required();
  add_example(*made,
              "  troupe keys init --dir keys --server nats-1=nats-1.example.org,10.0.0.1 --server "
              "nats-2=nats-2.example.org");

  auto* added = declare(*keys, line, options, "add", "Makes the key of a node", add);
  node(added)->required();
  added
      ->add_option("--role", options->roles,
                   "orchestrator, agent, tool, gateway, injector or viewer; several by commas")
      ->required()
      ->delimiter(',');
  added->add_option("--toolkits", options->toolkits, "that a tool or agent node serves")
      ->delimiter(',');
  added->add_option("--sources", options->sources, "that an injector sends for")->delimiter(',');
  add_example(*added,
              "  troupe keys add orchestrator-1 --dir keys --role orchestrator\n"
              "  troupe keys add tool-1 --dir keys --role tool --toolkits probe,logs");

  auto* rotated =
      declare(*keys, line, options, "rotate",
              "Makes a new key of a node; the one before is accepted until `retire`", rotate);
  node(rotated);
  rotated->add_flag("--servers", options->all_servers, "new certificates of all servers instead");
  add_example(*rotated, "  troupe keys rotate tool-1 --dir keys");

  auto* retired =
      declare(*keys, line, options, "retire", "Has a node's older keys accepted no longer", retire);
  node(retired)->required();
  add_example(*retired, "  troupe keys retire tool-1 --dir keys");

  auto* revoked =
      declare(*keys, line, options, "revoke", "Has no key of a node accepted any longer", revoke);
  node(revoked)->required();
  add_example(*revoked, "  troupe keys revoke tool-1 --dir keys");

  auto* listed = declare(*keys, line, options, "list", "Names whose keys are accepted", list);
  add_example(*listed, "  troupe keys list --dir keys --json");
}

} // namespace troupe::cli
