#include "ops/cli/demo/intruder.hpp"

#include "ops/cli/exit_codes.hpp"
#include "ops/cli/files.hpp"

namespace troupe::demo {

void Intruder::start(dev::ProcessSupervisor& supervisor, std::uint16_t port) {
  std::string program = cli::find_program("nats-server");
  if (program.empty())
    throw cli::Failure{cli::ExitCode::unavailable,
                       "no program `nats-server` in PATH; install it (Debian: ops/install demo)"};
  dev::ChildSpec spec;
  spec.name = "intruder";
  spec.argv = {program, "-a", "127.0.0.1", "-p", std::to_string(port)};
  spec.log_file = log_ = folder_.fresh_log("intruder");
  supervisor.start(std::move(spec));
  identity_ = supervisor.find("intruder").value_or(dev::ProcessIdentity{});
}

bool Intruder::listens() const {
  return cli::read_file(log_).value_or("").find("Server is ready") != std::string::npos;
}

} // namespace troupe::demo
