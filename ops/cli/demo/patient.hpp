// The patient: a real nginx that daemonises, as on any server.
#pragma once
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>

#include "ops/cli/dev/data_folder.hpp"
#include "ops/cli/dev/process_supervisor.hpp"

namespace troupe::demo {

/// What the catalogue says about it beyond its plain commands.
struct Oddities {
  bool slow_check = false; // of its configuration: two seconds, for a test to strike meanwhile
  bool fails_first_start = false; // the first that the catalogue's command tries
};

class Patient {
 public:
  /// Stops one that an unclean end left, and writes the configuration. Failure unavailable: nginx
  /// is not installed.
  explicit Patient(const dev::DataFolder& folder);
  ~Patient(); // kill()
  Patient(const Patient&) = delete;
  Patient& operator=(const Patient&) = delete;

  /// Returns once it has daemonised. Failure: its own words.
  void start(dev::ProcessSupervisor& supervisor);
  /// SIGKILL to its whole process group. The group's number, 0 if none runs.
  int kill();
  /// SIGSTOP to its whole process group, as kill().
  int hang();
  /// A typing error, as a person makes one. Returns the line.
  std::string break_configuration() const;
  bool lives() const;

  std::string address() const; // "127.0.0.1:41234"
  std::uint16_t port() const { return port_; }
  std::string health_url() const;
  std::string pid_file() const { return folder_.at("patient/nginx.pid"); }
  std::string configuration() const { return folder_.at("patient/nginx.conf"); }

  /// Its entry in the catalogue of the `service` toolkit.
  boost::json::object service_entry(const Oddities& oddities) const;

 private:
  void write_configuration(const std::string& listen) const;
  int signal_group(int signal) const;
  void guard();

  const dev::DataFolder& folder_;
  std::string program_;
  std::uint16_t port_;
  int guard_pid_ = 0;
  int guard_ = -1; // its closing, by us or by our death, makes the guard kill the patient
};

/// The process group of the daemon whose pid file this is, if its command line names `mark`; 0 if
/// there is none.
int daemon_group(const std::string& pid_file, const std::string& mark);

} // namespace troupe::demo
