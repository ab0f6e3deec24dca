// Starts, watches, restarts and stops child processes from one thread, driven by a signalfd.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ops/cli/dev/child.hpp"
#include "ops/cli/dev/restart_pace.hpp"

namespace troupe::dev {

/// Something a person may want to know: "agent-1 was killed by SIGKILL; starting it again in
/// 100 ms".
using OnNotice = std::function<void(const std::string&)>;

/// Why run() came back.
enum class Wake {
  condition,   // `until` became true
  timeout,     // the time is over
  stop,        // SIGINT, SIGTERM or SIGHUP arrived
  child_ended, // a child ended and is not started again: ended() tells
};

struct EndedChild {
  std::string name;
  int status = 0;       // as waitpid gave it
  bool gave_up = false; // it crashed too often in a row
};

/// One instance a process, made and used on its main thread before any other thread starts: it
/// blocks the signals it waits for, and becomes the reaper of all orphans below.
class ProcessSupervisor {
 public:
  /// `record_file`, unless empty, always lists the living children, so that the next start can
  /// find what an unclean death left behind (stop_recorded).
  explicit ProcessSupervisor(OnNotice on_notice, std::string record_file = "");
  ~ProcessSupervisor(); // stop_all()
  ProcessSupervisor(const ProcessSupervisor&) = delete;
  ProcessSupervisor& operator=(const ProcessSupervisor&) = delete;

  /// Throws cli::Failure when it cannot be executed. Until restart_crashed() the end of a child
  /// comes back from run() as child_ended; afterwards it is started again.
  void start(ChildSpec spec);
  /// Runs a command to its end and returns its wait status. Nothing: a stop signal came or the
  /// time is over; the command has been killed.
  std::optional<int> run_to_end(ChildSpec spec, Millis limit);
  void restart_crashed(RestartPolicy policy = {});

  /// Handles signals, exits and restarts until `until` holds (asked every 25 ms), the time is over,
  /// or a person or a child ends it.
  Wake run(std::optional<Millis> limit, const std::function<bool()>& until = {});

  const std::optional<EndedChild>& ended() const { return ended_; }
  bool stop_requested() const { return stop_requested_; }
  std::optional<ProcessIdentity> find(const std::string& name) const;

  /// Stops one child and waits for its end; no restart follows.
  void stop(const std::string& name);
  /// Stops them by stop_order, each within its grace. A second stop signal kills what is left at
  /// once.
  void stop_all();

 private:
  struct Managed;
  using Steady = std::chrono::steady_clock;

  Managed* find_managed(const std::string& name);
  void launch(Managed& child);
  void reap();
  void on_exit(Managed& child, int status);
  void restart_due(Steady::time_point now);
  int wait_milliseconds(std::optional<Steady::time_point> deadline, bool polling) const;
  void read_signals(int timeout_ms);
  void stop_group(const std::vector<Managed*>& group);
  void write_record() const;

  OnNotice on_notice_;
  std::string record_file_;
  int signals_ = -1;
  bool stop_requested_ = false;
  bool stopping_ = false;
  bool kill_requested_ = false; // a signal that came while stopping
  std::optional<RestartPolicy> restarts_;
  std::optional<EndedChild> ended_;
  std::vector<std::unique_ptr<Managed>> children_; // in the order of their start
};

/// Stops every process that `record_file` names and that still is the one it names. Returns their
/// names.
std::vector<std::string> stop_recorded(const std::string& record_file);

} // namespace troupe::dev
