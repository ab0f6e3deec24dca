// One child process that cannot outlive us, and the facts about processes that /proc tells.
#pragma once
#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/clock.hpp"

namespace troupe::dev {

struct UnixUser {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

struct ChildSpec {
  std::string name;              // "agent-1"
  std::vector<std::string> argv; // as people see it in `ps`
  std::string program;           // absolute path of what is executed; empty: argv[0]
  std::vector<std::pair<std::string, std::string>> environment; // over ours
  std::string log_file;         // standard output and error are appended here
  std::optional<UnixUser> user; // to become before exec
  std::vector<int> inherited;   // descriptors that stay open, under the same numbers
  std::string folder = "/";     // working folder
  int stop_signal = SIGTERM;    // asks it to stop
  Millis stop_grace{5'000};     // then SIGKILL
  int stop_order = 0;           // lower ones are stopped first, equal ones together
  int death_signal = SIGKILL;   // what the kernel sends it when our thread dies
};

/// A process, told apart from a later one with the same number.
struct ProcessIdentity {
  pid_t pid = 0;
  std::uint64_t start_time = 0; // clock ticks after boot, /proc/PID/stat field 22

  friend bool operator==(const ProcessIdentity&, const ProcessIdentity&) = default;
};

/// Forks and executes. The child stands in a session of its own, so that Ctrl-C on our terminal
/// does not reach it. Call it from a thread that lives as long as the process: the death signal
/// follows the thread. Throws cli::Failure: the log cannot be opened, the program cannot be
/// executed.
ProcessIdentity spawn(const ChildSpec& spec);

/// Nothing if there is no such process, or only its zombie.
std::optional<ProcessIdentity> identify(pid_t pid);
bool alive(const ProcessIdentity& process);

/// Sends `signal` if the process is still that one. False: it is gone.
bool send_signal(const ProcessIdentity& process, int signal);

/// Asks, waits up to `grace`, then kills; for processes that are not our children. Returns when
/// the process is gone, at the latest a second after the kill.
void stop_foreign(const ProcessIdentity& process, int signal, Millis grace);

/// "exited with code 78", "was killed by SIGKILL"
std::string describe_wait_status(int status);

} // namespace troupe::dev
