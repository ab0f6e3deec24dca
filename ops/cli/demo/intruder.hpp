// Somebody else's server on the patient's port: a real NATS server, which `troupe dev` needs anyway
// and which nobody takes for a web server.
#pragma once
#include <cstdint>
#include <string>

#include "ops/cli/dev/data_folder.hpp"
#include "ops/cli/dev/process_supervisor.hpp"

namespace troupe::demo {

class Intruder {
 public:
  explicit Intruder(const dev::DataFolder& folder) : folder_{folder} {}

  /// The port must be free. Failure unavailable: nats-server is not installed.
  void start(dev::ProcessSupervisor& supervisor, std::uint16_t port);
  bool listens() const;
  int pid() const { return identity_.pid; }
  bool lives() const { return dev::alive(identity_); }

 private:
  const dev::DataFolder& folder_;
  std::string log_;
  dev::ProcessIdentity identity_;
};

} // namespace troupe::demo
