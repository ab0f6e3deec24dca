// A real nginx that daemonises, as a service in a catalogue: the patient of the service toolkit.
#pragma once
#include <string>

#include "tests/support/temporary_folder.hpp"
#include "toolkits/catalogue.hpp"

namespace troupe::test {

/// Nothing of it outlives the test, not even a killed one: a guard process waits for the end of
/// this one and then ends whatever holds the folder's configuration.
class NginxPatient {
 public:
  /// `more` is appended to the service's settings: "\"stop_grace\":\"1s\"".
  explicit NginxPatient(const std::string& more = "", int port = 0); // 0: a free one
  ~NginxPatient();
  NginxPatient(const NginxPatient&) = delete;
  NginxPatient& operator=(const NginxPatient&) = delete;

  const toolkits::Catalogue& catalogue() const { return catalogue_; }
  int port() const { return port_; }
  std::string pid_file() const;
  pid_t master() const; // as the pid file says; 0: nothing
  /// What stands in the server's block; "return 200 ok;" at first.
  void configure(const std::string& server_part) const;

 private:
  void start_guard();
  std::string service_settings(const std::string& more) const;

  support::TemporaryFolder folder_{"troupe-nginx"};
  int port_;
  int guard_pipe_ = -1;
  pid_t guard_ = -1;
  toolkits::Catalogue catalogue_;
};

} // namespace troupe::test
