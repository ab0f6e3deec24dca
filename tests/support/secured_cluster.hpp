// Three nats-servers on 127.0.0.1 with TLS and users, as ops/deploy/nats has them; `troupe keys`
// makes all that they need.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/temporary_folder.hpp"

namespace troupe::support {

class SecuredCluster {
 public:
  static constexpr std::size_t size = 3;

  /// Makes the authority, the servers and at least one node of each role, and starts the servers.
  /// Throws std::runtime_error with the log of what failed.
  SecuredCluster();

  /// `troupe keys COMMAND ARGUMENTS --dir FOLDER --json`; what it printed. Throws likewise.
  std::string keys(std::vector<std::string> arguments) const;
  /// Every server reads users.conf again; it takes them a moment.
  void reload();
  void kill(std::size_t server);

  std::string url() const; // "tls://127.0.0.1:4222,tls://.."
  std::string url_of(std::size_t server, const std::string& scheme = "tls") const;
  std::filesystem::path folder() const { return folder_.path() / "keys"; }
  std::string ca() const { return folder() / "ca.crt"; }
  std::string seed(const std::string& node) const {
    return folder() / "nodes" / node / "nkey.seed";
  }

 private:
  struct Server {
    int port = free_port(), cluster_port = free_port();
    std::unique_ptr<ChildProcess> process;
  };
  void start(std::size_t number);

  TemporaryFolder folder_{"troupe-secured"};
  Server servers_[size];
};

} // namespace troupe::support
