#include "ops/cli/dev/private_nats.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstring>

#include "ops/cli/dev/free_port.hpp"
#include "ops/cli/exit_codes.hpp"
#include "ops/cli/files.hpp"
#include "runtime/limits.hpp"

namespace troupe::dev {

PrivateNats::PrivateNats(const DataFolder& folder)
    : folder_{folder}, program_{cli::find_program("nats-server")}, port_{free_port()} {
  if (program_.empty())
    throw cli::Failure{cli::ExitCode::unavailable,
                       "no program `nats-server` in PATH; install it (Debian: apt-get install "
                       "nats-server) or name a server with --nats URL"};
  cli::write_file_atomically(folder_.at("nats.conf"),
                             "listen: \"127.0.0.1:" + std::to_string(port_) + "\"\n" +
                                 "max_payload: " + std::to_string(limits::bus_message_bytes_max) +
                                 "\njetstream { store_dir: \"" + folder_.at("jetstream") +
                                 "\" }\n");
}

ChildSpec PrivateNats::spec() const {
  ChildSpec spec;
  spec.name = "nats";
  spec.argv = {program_, "-c", folder_.at("nats.conf")};
  spec.log_file = folder_.at("logs/nats.log");
  spec.stop_order = 3;
  return spec;
}

std::string PrivateNats::url() const { return "nats://127.0.0.1:" + std::to_string(port_); }

bool PrivateNats::ready() const {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  timeval limit{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  char greeting[5] = {};
  bool greeted = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                 ::recv(fd, greeting, sizeof greeting, MSG_WAITALL) == sizeof greeting &&
                 std::memcmp(greeting, "INFO ", sizeof greeting) == 0;
  ::close(fd);
  return greeted;
}

} // namespace troupe::dev
