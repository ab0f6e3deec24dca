// One child process, in a process group of its own.
#pragma once
#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.hpp"

namespace troupe::support {

struct ChildOptions {
  std::vector<std::string> argv;                  // argv[0] is looked up in PATH
  std::map<std::string, std::string> environment; // in addition to this process's
  std::filesystem::path folder;                   // to run in; empty: this process's
  std::filesystem::path output; // takes standard output and error (appended); empty: inherited
  std::optional<User> user;     // to run as; nothing: as this process
  int death_signal = SIGKILL;   // what the kernel sends it when the thread that started it ends
};

/// Not thread-safe. Start it from a thread that lives as long as the child should.
class ChildProcess {
 public:
  /// Returns once the program runs. Throws std::runtime_error: it cannot be started, and why.
  explicit ChildProcess(const ChildOptions& options);
  /// SIGKILL to the whole group, then reaps.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  /// To the process alone. Nothing happens if it has ended.
  void signal(int number);
  /// To it and everything it started that has not left its group.
  void signal_group(int number);
  /// Its status as waitpid gives it; nothing if it still runs after `bound`.
  std::optional<int> wait(std::chrono::milliseconds bound = std::chrono::seconds{20});
  /// Polls until `condition` holds. False: the process ended without it, or `bound` has passed.
  bool reaches(const std::function<bool()>& condition,
               std::chrono::milliseconds bound = std::chrono::seconds{20});
  /// "still runs", "exited with code 69", "was ended by signal 9".
  std::string fate();
  /// signal, wait; SIGKILL to the group if `bound` was not enough. Its status.
  int stop(int number = SIGTERM, std::chrono::milliseconds bound = std::chrono::seconds{10});

 private:
  bool reap();

  pid_t pid_ = -1;
  std::optional<int> status_;
};

/// True if a process has this id and is not a zombie.
bool alive(pid_t pid);
/// The direct children of `pid`, however they were started.
std::vector<pid_t> children_of(pid_t pid);
/// A TCP port of 127.0.0.1 that nobody listens on, kept for this process
/// (ops/cli/dev/free_port.hpp).
int free_port();

} // namespace troupe::support
