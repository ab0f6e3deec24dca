// The cluster that is ill-treated: nats-server, Postgres and three nodes, with a proxy of its own
// between each node and each server.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/chaos/faults.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/nats_server.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/socket_proxy.hpp"
#include "tests/support/temporary_folder.hpp"

namespace troupe::chaos {

/// Not thread-safe, and for the main thread: children die with the thread that started them.
class Cluster {
 public:
  /// Starts everything and returns once all nodes are ready. Throws std::runtime_error. `keep`: the
  /// logs and the ledger go there and stay; empty: they go into a temporary folder.
  explicit Cluster(const std::filesystem::path& keep);
  ~Cluster();

  void strike(const Fault& fault);
  void mend(const Fault& fault);
  /// A node that ended by itself is started again. How many were, so far: nobody did that to them.
  unsigned look_after();
  /// It has been ready since its last start.
  bool is_ready(Node node) const;
  bool is_down(Node node) const { return nodes_.at(node).down; }

  /// Asks them all to stop, in order; what is left after that is killed.
  void stop();

  const std::vector<std::string>& urls() const { return urls_; } // of the API
  std::string database() const { return database_; }             // beside the proxies
  const std::filesystem::path& ledger() const { return ledger_; }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  struct Member {
    std::unique_ptr<support::TemporaryFolder> sockets; // of the proxy to Postgres
    std::unique_ptr<support::SocketProxy> bus, postgres;
    std::unique_ptr<support::ChildProcess> process;
    std::size_t log_from = 0; // where its last start begins
    bool down = false;        // and meant to be
  };

  void prepare(Node node);
  void start(Node node);
  std::filesystem::path log(Node node) const;
  void cut(const Fault& fault, bool on);

  support::TemporaryFolder temporary_{"troupe-chaos"};
  std::filesystem::path folder_, ledger_;
  support::NatsServer nats_;
  support::PostgresServer postgres_;
  std::string database_;
  std::vector<std::string> urls_;
  std::map<Node, Member> nodes_;
  unsigned unexpected_ends_ = 0;
};

} // namespace troupe::chaos
