// The real binary under test.
#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/temporary_folder.hpp"

namespace troupe::support {

/// The root of the sources, where configs/ is.
std::string source_folder();

struct TroupeOptions {
  std::optional<User> user;                       // to run as
  std::map<std::string, std::string> environment; // over this process's
  std::vector<std::string> prefix;                // a program that executes the rest
};

/// `troupe ARGUMENTS` with a state folder of its own, so that it finds no other dev of this user.
/// Its standard error goes into the same output.
class TroupeProcess {
 public:
  TroupeProcess(std::vector<std::string> arguments, TroupeOptions options = {});
  ~TroupeProcess(); // SIGTERM, so that a dev stops its children in order; SIGKILL if it does not

  ChildProcess& process() { return *process_; }
  std::string output() const;
  /// Waits until the output holds `words`. False: it ended without them, or the time is over.
  bool says(const std::string& words, std::chrono::seconds bound = std::chrono::seconds{60});
  /// The ready line of `troupe dev --json`, once it is there. Nothing if the process ends before.
  std::optional<std::string> ready_line(std::chrono::seconds bound = std::chrono::seconds{60});
  /// The exit code; -1 if it does not end within the bound or a signal ended it.
  int exit_code(std::chrono::seconds bound = std::chrono::seconds{60});

  /// For the message of a check: how it ended, what it said, and the ends of the logs in its folder
  /// (--data). Boost.Test writes the process itself only once the check has failed; a text made of
  /// it would often be made before the check.
  friend std::ostream& operator<<(std::ostream& out, const TroupeProcess& troupe);

 private:
  TemporaryFolder folder_;
  std::string data_; // empty: none was named
  std::unique_ptr<ChildProcess> process_;
};

/// All living processes below `pid` now, itself excluded.
std::vector<pid_t> descendants_of(pid_t pid);

/// All living processes with `mark` in their command line or environment, this one excluded.
std::vector<pid_t> processes_marked(const std::string& mark);

} // namespace troupe::support
