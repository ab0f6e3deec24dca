#include "tests/support/secured_cluster.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/support/troupe_process.hpp"

namespace troupe::support {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

std::string name_of(std::size_t server) { return "nats-" + std::to_string(server + 1); }

std::string local(int port) { return "127.0.0.1:" + std::to_string(port); }

} // namespace

SecuredCluster::SecuredCluster() {
  std::vector<std::string> init{"init"};
  for (std::size_t i = 0; i < size; ++i)
    init.insert(init.end(), {"--server", name_of(i) + "=127.0.0.1,localhost"});
  keys(init);
  keys({"add", "orchestrator-1", "--role", "orchestrator"});
  keys({"add", "agent-1", "--role", "agent"});
  keys({"add", "tool-1", "--role", "tool", "--toolkits", "ledger"});
  keys({"add", "notebook-1", "--role", "tool", "--toolkits", "notebook"});
  keys({"add", "gateway-1", "--role", "gateway"});
  keys({"add", "injector-1", "--role", "injector", "--sources", "billing"});
  keys({"add", "viewer-1", "--role", "viewer"});
  for (std::size_t i = 0; i < size; ++i) start(i);
}

std::string SecuredCluster::keys(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), "keys");
  arguments.insert(arguments.end(), {"--dir", folder(), "--json"});
  TroupeProcess process{std::move(arguments)};
  if (process.exit_code() != 0) throw std::runtime_error{"troupe keys: " + process.output()};
  return process.output();
}

void SecuredCluster::start(std::size_t number) {
  const auto here = folder() / "servers" / name_of(number);
  std::filesystem::copy_file(std::filesystem::path{source_folder()} / "ops/deploy/nats/nats.conf",
                             here / "nats.conf");
  std::string routes;
  for (std::size_t other = 0; other < size; ++other)
    if (other != number)
      routes +=
          (routes.empty() ? "" : ", ") + ("\"tls://" + local(servers_[other].cluster_port) + '"');
  auto& server = servers_[number];
  ChildOptions options;
  options.argv = {"nats-server", "-c", "nats.conf"};
  options.environment = {{"TROUPE_NATS_NAME", name_of(number)},
                         {"TROUPE_NATS_LISTEN", local(server.port)},
                         {"TROUPE_NATS_CLUSTER", local(server.cluster_port)},
                         {"TROUPE_NATS_ROUTES", '[' + routes + ']'}};
  options.folder = here;
  options.output = here / "nats.log";
  server.process = std::make_unique<ChildProcess>(options);
  const bool ready = server.process->reaches(
      [&] { return content(options.output).find("Server is ready") != std::string::npos; });
  if (!ready)
    throw std::runtime_error{"nats-server did not start, it " + server.process->fate() + ":\n" +
                             content(options.output)};
}

void SecuredCluster::reload() {
  for (auto& server : servers_) server.process->signal(SIGHUP);
}

void SecuredCluster::kill(std::size_t server) { servers_[server].process->stop(SIGKILL); }

std::string SecuredCluster::url_of(std::size_t server, const std::string& scheme) const {
  return scheme + "://" + local(servers_[server].port);
}

std::string SecuredCluster::url() const { return url_of(0) + ',' + url_of(1) + ',' + url_of(2); }

} // namespace troupe::support
