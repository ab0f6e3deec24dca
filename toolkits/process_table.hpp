// The processes of this machine and who listens on a port, read from /proc.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/result.hpp"

namespace troupe::toolkits {

struct Process {
  pid_t pid = 0, parent = 0, group = 0, session = 0;
  char state = '?';          // as in /proc/<pid>/stat: R S D T t Z X I
  std::uint64_t started = 0; // clock ticks since boot: tells two users of one pid apart
  std::string name;          // as the kernel knows it, at most 15 bytes

  bool ended() const { return state == 'Z' || state == 'X'; } // nobody has collected it yet
  bool stopped() const { return state == 'T' || state == 't'; }
};

/// "T (stopped)"
std::string describe_state(char state);

/// /proc/<pid>/stat. Nothing if `text` is not that.
std::optional<Process> parse_stat(std::string_view text);

std::optional<Process> find_process(pid_t pid);
/// Zombies included. A process that ends while we look may be missing.
std::vector<Process> all_processes();

/// The last part of the path of what it executes, "nginx", also when that file was replaced
/// meanwhile; empty if this user may not know.
std::string executable_of(pid_t pid);
/// Its arguments, joined by spaces: what `ps` shows.
std::string command_line_of(pid_t pid);
/// When it started, in seconds since 1970, to about a second.
std::int64_t started_at(const Process& process);

/// Sends `signal` unless the pid belongs to another process by now. True if it was sent.
bool signal_process(const Process& process, int signal);

struct Listener {
  std::uint64_t inode = 0;
  uid_t user = 0;
  std::string address; // "127.0.0.1", "::"
};

/// The listening sockets of `port` in /proc/net/tcp or tcp6. `address` empty: all of them;
/// otherwise those that keep a server from listening there: the same address, or any.
std::vector<Listener> parse_listeners(std::string_view table, std::uint16_t port,
                                      std::string_view address);

struct PortHolders {
  std::vector<Listener> listeners;
  std::vector<pid_t> pids; // of the processes that hold one of them, ascending
  bool held() const { return !listeners.empty(); }
  /// Somebody listens whom this user may not see.
  bool hidden() const { return held() && pids.empty(); }
};

/// Looks again for a fifth of a second before it calls a holder hidden.
PortHolders find_port_holders(std::uint16_t port, std::string_view address);

} // namespace troupe::toolkits
