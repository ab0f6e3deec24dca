#include "ops/cli/keys/key_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <filesystem>

#include "net/keys/certificate.hpp"
#include "net/keys/nkey.hpp"
#include "ops/cli/exit_codes.hpp"
#include "ops/cli/files.hpp"
#include "ops/cli/view/json_reading.hpp"

namespace troupe::cli {

namespace json = boost::json;
using view::instant;
using view::list;
using view::text;

namespace {

constexpr std::chrono::days authority_lives{3650}, server_lives{397}, clocks_differ{1};
constexpr mode_t secret = 0600, secret_folder = 0700;

template <class T>
T made(Result<T> result) {
  if (!result) throw Failure{ExitCode::internal, result.error().message};
  return std::move(*result);
}

keys::Validity from(Instant now, std::chrono::days length) {
  return {now - clocks_differ, now + length};
}

json::array texts(const std::vector<std::string>& items) {
  return json::array(items.begin(), items.end());
}

std::vector<std::string> read_texts(const json::value& value, std::string_view key) {
  std::vector<std::string> items;
  for (const auto& item : list(value, key)) items.push_back(text(item));
  return items;
}

KeyHolder read_holder(const json::value& value) {
  KeyHolder holder;
  holder.member.node = text(value, "node");
  for (const auto& role : list(value, "roles"))
    if (const auto known = keys::parse_role(text(role))) holder.member.roles.push_back(*known);
  holder.member.toolkits = read_texts(value, "toolkits");
  holder.member.sources = read_texts(value, "sources");
  for (const auto& key : list(value, "keys"))
    holder.keys.push_back({text(key, "public_key"), instant(key, "made_at").value_or(Instant{})});
  return holder;
}

} // namespace

json::object to_json(const KeyHolder& holder) {
  json::array roles, accepted;
  for (const auto role : holder.member.roles) roles.emplace_back(keys::to_string(role));
  for (const auto& key : holder.keys)
    accepted.push_back(
        json::object{{"public_key", key.public_key}, {"made_at", to_iso8601(key.made_at)}});
  return {{"node", holder.member.node},
          {"roles", std::move(roles)},
          {"toolkits", texts(holder.member.toolkits)},
          {"sources", texts(holder.member.sources)},
          {"keys", std::move(accepted)}};
}

KeyFolder::KeyFolder(std::string path, bool must_exist) : path_{absolute_path(path)} {
  if (must_exist && !read_file(path_of("keys.json")))
    throw Failure{ExitCode::no_input, "there are no keys in " + path_ +
                                          "; make them with `troupe keys init --dir " + path_ +
                                          " --server NAME`"};
  make_folder(path_, secret_folder);
  const auto file = path_of("lock");
  lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, secret);
  if (lock_ < 0) throw file_failure("write", file, errno);
  if (::flock(lock_, LOCK_EX) == 0) return;
  const int error = errno;
  ::close(lock_);
  throw file_failure("lock", file, error);
}

KeyFolder::KeyFolder(const std::string& path) : KeyFolder{path, true} { read(); }

KeyFolder::KeyFolder(KeyFolder&& other) noexcept
    : path_{std::move(other.path_)},
      cluster_{std::move(other.cluster_)},
      servers_{std::move(other.servers_)},
      holders_{std::move(other.holders_)},
      lock_{std::exchange(other.lock_, -1)} {}

KeyFolder::~KeyFolder() {
  if (lock_ >= 0) ::close(lock_);
}

KeyFolder KeyFolder::create(const std::string& path, const std::string& cluster,
                            const std::vector<KeyServer>& servers, Instant now) {
  KeyFolder folder{path, false};
  if (read_file(folder.path_of("keys.json")))
    throw Failure{ExitCode::cannot_create,
                  folder.path_ + " has the keys of a cluster already; choose another --dir"};
  folder.cluster_ = cluster;
  folder.servers_ = servers;
  const auto authority =
      made(keys::make_authority("Troupe cluster " + cluster, from(now, authority_lives)));
  write_file_atomically(folder.path_of("ca.crt"), authority.certificate);
  write_file_atomically(folder.path_of("ca.key"), authority.key, secret);
  folder.certify_servers(now);
  folder.save(); // keys.json last: until it stands, `init` may be repeated
  return folder;
}

void KeyFolder::read() {
  json::error_code error;
  const auto value = json::parse(read_input(path_of("keys.json"), "the keys"), error);
  cluster_ = text(value, "cluster");
  if (error || cluster_.empty())
    throw Failure{ExitCode::bad_data, path_of("keys.json") + " is not what `troupe keys` writes"};
  for (const auto& server : list(value, "servers"))
    servers_.push_back({text(server, "name"), read_texts(server, "hosts")});
  for (const auto& node : list(value, "nodes")) holders_.push_back(read_holder(node));
}

void KeyFolder::save() const {
  const auto users = users_file(cluster_, holders_);
  for (const auto& server : servers_)
    write_file_atomically(path_of("servers/" + server.name + "/users.conf"), users);
  json::array servers, nodes;
  for (const auto& server : servers_)
    servers.push_back(json::object{{"name", server.name}, {"hosts", texts(server.hosts)}});
  for (const auto& holder : holders_) nodes.push_back(to_json(holder));
  const json::object all{
      {"cluster", cluster_}, {"servers", std::move(servers)}, {"nodes", std::move(nodes)}};
  write_file_atomically(path_of("keys.json"), json::serialize(all) + '\n');
}

std::string KeyFolder::seed_file(const std::string& node) const {
  return path_of("nodes/" + node + "/nkey.seed");
}

void KeyFolder::write_seed(const std::string& node, const std::string& seed) const {
  make_folder(path_of("nodes/" + node), secret_folder);
  write_file_atomically(path_of("nodes/" + node + "/ca.crt"), read_input(path_of("ca.crt"), "it"));
  write_file_atomically(seed_file(node), seed + '\n', secret);
}

KeyHolder& KeyFolder::holder(const std::string& node) {
  const auto found =
      std::ranges::find_if(holders_, [&](const auto& each) { return each.member.node == node; });
  if (found != holders_.end()) return *found;
  throw Failure{ExitCode::no_input, "no key was made for a node `" + node +
                                        "`; `troupe keys list --dir " + path_ + "` names them"};
}

const KeyHolder& KeyFolder::add(const keys::Member& member, Instant now) {
  for (const auto& each : holders_)
    if (each.member.node == member.node)
      throw Failure{ExitCode::cannot_create, "the node " + member.node +
                                                 " has a key; `rotate` gives it a new one, "
                                                 "`revoke` takes it away"};
  const auto key = made(keys::make_nkey());
  holders_.push_back({member, {{key.public_key, now}}});
  save();
  write_seed(member.node, key.seed);
  return holders_.back();
}

const KeyHolder& KeyFolder::rotate(const std::string& node, Instant now) {
  auto& found = holder(node);
  const auto key = made(keys::make_nkey());
  found.keys.insert(found.keys.begin(), AcceptedKey{key.public_key, now});
  save();
  write_seed(node, key.seed);
  return found;
}

std::size_t KeyFolder::retire(const std::string& node) {
  auto& accepted = holder(node).keys;
  const auto old = accepted.size() - 1;
  accepted.resize(1);
  save();
  return old;
}

void KeyFolder::revoke(const std::string& node) {
  holder(node); // it is one
  std::erase_if(holders_, [&](const auto& each) { return each.member.node == node; });
  save();
  std::error_code ignored; // what is left there opens nothing
  std::filesystem::remove_all(path_of("nodes/" + node), ignored);
}

void KeyFolder::certify_servers(Instant now) {
  const auto certificate = read_input(path_of("ca.crt"), "the authority's certificate");
  const keys::CertifiedKey authority{certificate,
                                     read_input(path_of("ca.key"), "the authority's key")};
  for (const auto& server : servers_) {
    const auto certified =
        made(keys::certify_server(authority, server.name, server.hosts, from(now, server_lives)));
    const auto folder = path_of("servers/" + server.name);
    make_folder(folder, secret_folder);
    write_file_atomically(folder + "/ca.crt", certificate);
    write_file_atomically(folder + "/server.key", certified.key, secret);
    write_file_atomically(folder + "/server.crt", certified.certificate);
  }
}

Instant KeyFolder::server_valid_until(const std::string& server) const {
  const auto file = path_of("servers/" + server + "/server.crt");
  const auto end = keys::valid_until(read_input(file, "the certificate of " + server));
  if (!end) throw Failure{ExitCode::bad_data, file + ": " + end.error().message};
  return *end;
}

} // namespace troupe::cli
