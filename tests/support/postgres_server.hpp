// A private Postgres server, reached by a Unix socket alone.
#pragma once
#include <memory>
#include <string>

#include "tests/support/child_process.hpp"
#include "tests/support/temporary_folder.hpp"

namespace troupe::support {

/// Without fsync: what it has committed survives the death of its processes, not of the machine.
class PostgresServer {
 public:
  /// initdb and start, half a second. Throws std::runtime_error with the server's words.
  PostgresServer();
  ~PostgresServer();

  /// A conninfo string. The one superuser is `app`, without a password.
  std::string url(const std::string& database = "postgres") const;
  /// A new, empty database; its url.
  std::string create_database();
  const std::filesystem::path& folder() const { return folder_.path(); }

  void start();  // after stop or kill
  void stop();   // fast: ends connections, loses nothing
  void kill();   // SIGKILL to all its processes, as when the machine's memory ran out
  void pause();  // SIGSTOP to all its processes: connections stay, nothing answers
  void resume(); // SIGCONT

  /// The one that the whole test binary shares; started at first use, from the main thread.
  static PostgresServer& shared();

 private:
  void signal_all(int number);

  std::optional<User> user_ = unprivileged_user();
  TemporaryFolder folder_{"troupe-pg", user_};
  std::filesystem::path programs_; // where initdb and postgres stand
  std::unique_ptr<ChildProcess> process_;
  int databases_ = 0;
};

} // namespace troupe::support
