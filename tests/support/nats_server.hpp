// A private nats-server on a free port of 127.0.0.1.
#pragma once
#include <memory>
#include <string>

#include "tests/support/child_process.hpp"
#include "tests/support/temporary_folder.hpp"

namespace troupe::support {

class NatsServer {
 public:
  /// Starts it; returns when it takes connections. `extra` is appended to its configuration file:
  /// "jetstream { store_dir: ... }", "authorization { ... }". Throws std::runtime_error with its
  /// log.
  explicit NatsServer(std::string extra = "");

  std::string url() const; // "nats://127.0.0.1:45367"; the same after every restart
  int port() const { return port_; }
  const std::filesystem::path& folder() const { return folder_.path(); }

  void start();  // after stop or kill
  void stop();   // orderly
  void kill();   // SIGKILL
  void pause();  // SIGSTOP: connections stay, nothing answers
  void resume(); // SIGCONT

 private:
  TemporaryFolder folder_{"troupe-nats"};
  std::string extra_;
  int port_ = -1; // -1: the server picks one
  std::unique_ptr<ChildProcess> process_;
};

} // namespace troupe::support
