// Runs one command: an argv list, never a shell, in a session and an environment of its own.
#pragma once
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/result.hpp"

namespace troupe::toolkits {

struct Command {
  std::vector<std::string> argv; // argv[0] without a slash is looked up in search_path()
  std::string directory = "/";   // where it runs
  Millis timeout{10'000};        // then TERM to its whole process group ...
  Millis grace{2'000};           // ... and so long after that, or as soon as argv[0] ends, KILL
  std::size_t output_bytes_max = 64 * 1024; // of each stream; more is cut, see CommandResult
  /// False: nothing of its process group outlives the call, nor argv[0] the calling thread.
  /// True: it starts a service. What it leaves behind goes on, without a pipe of ours in its hands.
  bool daemonises = false;
};

struct CommandResult {
  std::optional<int> exit_code; // nothing: ended by `signal`
  int signal = 0;
  std::string out, err;   // the last output_bytes_max bytes; the first ones if it daemonises
  bool truncated = false; // something is missing from `out` or `err`
  bool timed_out = false; // ended by us, at the timeout
  bool stopped = false;   // ended by us, for the stop token
  Millis duration{0};
  Millis timeout{0}; // the command's own

  bool succeeded() const { return exit_code == 0 && !timed_out && !stopped; }
  /// "exit code 1", "ended by signal 11 (Segmentation fault)", "no end within 5s".
  std::string verdict() const;
  /// The last lines of standard error, or of standard output when that is empty, as clean UTF-8.
  std::string last_lines(std::size_t lines = 5) const;
};

/// Blocks until the command has ended, at most timeout + grace and a moment. Standard input is
/// empty; the environment is PATH, LANG and HOME alone; no descriptor is inherited.
/// tool_failed: it could not be started (no such binary, directory or permission; the text says
/// which). A command that ran has a result, whatever came of it.
Result<CommandResult> run_command(const Command& command, std::stop_token stop);

/// PATH of this process, followed by the system's usual folders that it lacks: an ordinary user's
/// PATH often leaves out /usr/sbin, where servers live.
const std::string& search_path();

/// The absolute path of an executable file, from a path or a name in search_path(). tool_failed
/// says what is missing.
Result<std::string> find_binary(std::string_view name);

} // namespace troupe::toolkits
