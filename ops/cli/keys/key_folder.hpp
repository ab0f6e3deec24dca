// The folder of a cluster's keys: the authority, a folder for each nats-server and one for each
// node, each of which is all that its machine needs.
//
//   keys.json                    whose keys are accepted; no secret in it
//   ca.crt, ca.key               the authority; the key is needed here alone
//   servers/<server>/            ca.crt, server.crt, server.key, users.conf
//   nodes/<node>/                ca.crt, nkey.seed
//
// Secrets have the mode 0600.
#pragma once
#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "ops/cli/keys/users_file.hpp"

namespace troupe::cli {

struct KeyServer {
  std::string name;
  std::vector<std::string> hosts; // that its certificate is good for
};

/// {"node","roles","toolkits","sources","keys":[{"public_key","made_at"}]}
boost::json::object to_json(const KeyHolder& holder);

/// One at a time: holds a lock on the folder while it lives. Every function throws Failure. Changes
/// are written at once, what is accepted before the secret: a crash between leaves a node with its
/// old key, and a repeat mends it.
class KeyFolder {
 public:
  /// Makes the folder, the authority and the servers' certificates. cannot_create: there is one.
  static KeyFolder create(const std::string& path, const std::string& cluster,
                          const std::vector<KeyServer>& servers, Instant now);
  /// no_input: it is none.
  explicit KeyFolder(const std::string& path);
  ~KeyFolder();
  KeyFolder(KeyFolder&& other) noexcept;
  KeyFolder(const KeyFolder&) = delete;

  const std::string& cluster() const { return cluster_; }
  const std::vector<KeyServer>& servers() const { return servers_; }
  const std::vector<KeyHolder>& holders() const { return holders_; }
  std::string path_of(const std::string& file) const { return path_ + '/' + file; }
  std::string seed_file(const std::string& node) const;
  Instant server_valid_until(const std::string& server) const;

  /// The first key of a node.
  const KeyHolder& add(const keys::Member& member, Instant now);
  /// A new key; the one before stays accepted.
  const KeyHolder& rotate(const std::string& node, Instant now);
  /// Keys before the newest are accepted no longer. Returns how many there were.
  std::size_t retire(const std::string& node);
  /// None of its keys is accepted any longer; it is forgotten.
  void revoke(const std::string& node);
  /// New certificates and keys of all servers, by the same authority.
  void certify_servers(Instant now);

 private:
  KeyFolder(std::string path, bool must_exist);

  void read();
  void save() const;
  void write_seed(const std::string& node, const std::string& seed) const;
  KeyHolder& holder(const std::string& node);

  std::string path_, cluster_;
  std::vector<KeyServer> servers_;
  std::vector<KeyHolder> holders_;
  int lock_ = -1;
};

} // namespace troupe::cli
