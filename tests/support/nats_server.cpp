#include "tests/support/nats_server.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace troupe::support {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

/// {"nats":["nats://127.0.0.1:45367"]}, tls:// with certificates; 0 while it is not written yet.
int port_in(const std::string& ports_file) {
  const std::string mark = "://127.0.0.1:";
  const auto at = ports_file.find(mark);
  if (at == std::string::npos || !ports_file.ends_with("}")) return 0;
  return std::stoi(ports_file.substr(at + mark.size()));
}

} // namespace

NatsServer::NatsServer(std::string extra) : extra_{std::move(extra)} { start(); }

std::string NatsServer::url() const { return "nats://127.0.0.1:" + std::to_string(port_); }

void NatsServer::start() {
  const auto& folder = folder_.path();
  std::ofstream{folder / "nats.conf"} << "listen: \"127.0.0.1:" << port_ << "\"\n"
                                      << "ports_file_dir: \"" << folder.string() << "\"\n"
                                      << extra_ << '\n';
  ChildOptions options;
  options.argv = {"nats-server", "-c", folder / "nats.conf"};
  options.output = folder / "nats.log";
  try {
    process_ = std::make_unique<ChildProcess>(options);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error{std::string{error.what()} +
                             "; install it with: apt-get install nats-server"};
  }
  const auto ports = folder / ("nats-server_" + std::to_string(process_->pid()) + ".ports");
  const bool ready = process_->reaches([&] {
    const int port = port_in(content(ports));
    if (port != 0) port_ = port;
    return port != 0;
  });
  if (!ready)
    throw std::runtime_error{"nats-server did not start, it " + process_->fate() + ":\n" +
                             content(options.output)};
}

void NatsServer::stop() { process_->stop(SIGTERM); }
void NatsServer::kill() { process_->stop(SIGKILL); }
void NatsServer::pause() { process_->signal(SIGSTOP); }
void NatsServer::resume() { process_->signal(SIGCONT); }

} // namespace troupe::support
