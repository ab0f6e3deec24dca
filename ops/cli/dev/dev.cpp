#include "ops/cli/dev/dev.hpp"

#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>

#include "net/http/client.hpp"
#include "ops/cli/api_client.hpp"
#include "ops/cli/dev/address.hpp"
#include "ops/cli/dev/child_failure.hpp"
#include "ops/cli/dev/data_folder.hpp"
#include "ops/cli/dev/free_port.hpp"
#include "ops/cli/dev/log_relay.hpp"
#include "ops/cli/dev/node_files.hpp"
#include "ops/cli/dev/private_nats.hpp"
#include "ops/cli/dev/private_postgres.hpp"
#include "ops/cli/dev/process_supervisor.hpp"
#include "ops/cli/dev_state.hpp"
#include "ops/cli/exit_codes.hpp"
#include "ops/cli/files.hpp"
#include "ops/cli/view/json_reading.hpp"
#include "runtime/clock.hpp"

namespace troupe::dev {

using cli::ExitCode;
using cli::Failure;
namespace json = boost::json;

namespace {

constexpr Millis server_start_limit{30'000};
constexpr Millis node_start_limit{30'000};
constexpr Millis node_stop_grace{8'000};

void notice(const std::string& text) { std::fprintf(stderr, "troupe dev: %s\n", text.c_str()); }

class Dev {
 public:
  explicit Dev(const DevOptions& options)
      : options_{options},
        address_{parse_loopback(options.listen)},
        folder_{options.data},
        supervisor_{notice, folder_.at("processes.json")} {}

  ~Dev() {
    supervisor_.stop_all(); // before the sockets' folder and the lock go
    if (!state_file_.empty()) ::unlink(state_file_.c_str());
  }

  int serve() {
    for (const std::string& name : stop_recorded(folder_.at("processes.json")))
      notice("stopped " + name + ", left behind by an unclean end");
    claim_address();
    start_servers();
    start_nodes();
    supervisor_.restart_crashed();
    publish();
    announce();
    Wake wake = supervisor_.run(std::nullopt);
    if (wake == Wake::child_ended) throw failure_of(*supervisor_.ended());
    if (!options_.json) notice("stopping");
    return 0;
  }

 private:
  void claim_address() {
    if (address_.port == 0) address_.port = free_port(address_.host);
    std::string remedy = "; choose another with --listen ADDR:PORT (port 0: any free one)";
    for (const cli::DevState& other : cli::read_dev_states(cli::dev_state_folder()))
      if (other.http == "http://" + address_.text())
        remedy = " by the `troupe dev` on " + other.data + " (process " +
                 std::to_string(other.pid) + ")" + remedy;
    require_free(address_, remedy);
  }

  void start_servers() {
    for (const char* name : {"nodes", "work"}) cli::make_folder(folder_.at(name));
    shared_ = shared_settings(options_.config); // faults first: nothing started yet
    if (options_.nats.empty()) {
      nats_.emplace(folder_);
      folder_.fresh_log("nats");
      supervisor_.start(nats_->spec());
    }
    if (options_.postgres.empty()) {
      postgres_.emplace(folder_, supervisor_);
      folder_.fresh_log("postgres");
      supervisor_.start(postgres_->spec());
    }
    wait_until("the private servers", server_start_limit,
               [&] { return (!nats_ || nats_->ready()) && (!postgres_ || postgres_->ready()); });
    if (postgres_) postgres_->ensure_database();
  }

  void start_nodes() {
    start_node("orchestrator-1", 1);
    for (unsigned i = 1; i <= options_.agents; ++i) start_node("agent-" + std::to_string(i), 0);
    cli::ApiClient api{http::make_client(), {http(), "the node just started", false}};
    Millis limit = node_start_limit;
    if (!nats_ || !postgres_) limit += options_.wait_for_services;
    wait_until("the nodes", limit, [&] {
      relay_.poll();
      return api.status_of("/readyz") == 200 && nodes_present(api);
    });
  }

  void start_node(const std::string& name, int stop_order) {
    bool orchestrator = stop_order == 1;
    NodePlace place{name, nats_url(), orchestrator ? postgres_url() : "",
                    orchestrator ? address_.text() : "", folder_.at("work")};
    std::string file = folder_.at("nodes/" + name + ".json");
    cli::write_file_atomically(file, json::serialize(node_settings(shared_, place)) + "\n", 0600);
    ChildSpec spec;
    spec.name = name;
    spec.program = "/proc/self/exe"; // this very binary, even if a newer one has taken its place
    spec.argv = {"troupe",
                 "node",
                 "--config",
                 file,
                 "--wait-for-services",
                 options_.wait_for_services.count() == 0
                     ? "0s"
                     : format_duration(options_.wait_for_services)};
    spec.log_file = folder_.fresh_log(name);
    relay_.follow(name, spec.log_file);
    spec.stop_order = stop_order;
    spec.stop_grace = node_stop_grace;
    supervisor_.start(std::move(spec));
  }

  bool nodes_present(const cli::ApiClient& api) const {
    std::set<std::string> present;
    json::value answer = api.get("/v1/nodes");
    for (const json::value& node : view::list(answer, "nodes"))
      present.insert(view::text(node, "name"));
    for (unsigned i = 1; i <= options_.agents; ++i)
      if (!present.contains("agent-" + std::to_string(i))) return false;
    return present.contains("orchestrator-1");
  }

  void wait_until(const std::string& what, Millis limit, const std::function<bool()>& ready) {
    switch (supervisor_.run(limit, ready)) {
      case Wake::condition: return;
      case Wake::stop: throw Failure{ExitCode::interrupted, "interrupted while starting"};
      case Wake::child_ended: throw failure_of(*supervisor_.ended());
      case Wake::timeout:
        throw Failure{ExitCode::unavailable, what + " did not get ready within " +
                                                 format_duration(limit) + "; their logs are in " +
                                                 folder_.at("logs")};
    }
  }

  Failure failure_of(const EndedChild& child) const {
    return child_failure(child, folder_.at("logs/" + child.name + ".log"));
  }

  void publish() {
    auto self = identify(::getpid());
    cli::DevState state{
        ::getpid(),     self ? self->start_time : 0, http(), nats_url(), postgres_url(),
        folder_.path(), SystemClock{}.now()};
    try {
      state_file_ = cli::write_dev_state(cli::dev_state_folder(), state);
    } catch (const Failure& failure) { // we serve all the same
      notice(std::string{failure.what()} + "\n  other commands need --server " + http());
    }
  }

  void announce() const {
    if (options_.json) {
      json::object line{
          {"ready", true}, {"http", http()}, {"nats", nats_url()}, {"postgres", postgres_url()}};
      std::printf("%s\n", json::serialize(line).c_str());
    } else {
      std::printf(
          "ready: %s  (1 orchestrator node, %u agent node%s)\n"
          "  nats      %s\n  postgres  %s\n  logs      %s\n"
          "  try       troupe nodes · troupe runs · troupe run PLAN   (they find this server by "
          "themselves)\n  stop      Ctrl-C\n",
          http().c_str(), options_.agents, options_.agents == 1 ? "" : "s", nats_url().c_str(),
          postgres_url().c_str(), folder_.at("logs").c_str());
    }
    std::fflush(stdout);
  }

  std::string http() const { return "http://" + address_.text(); }
  std::string nats_url() const { return nats_ ? nats_->url() : options_.nats; }
  std::string postgres_url() const { return postgres_ ? postgres_->url() : options_.postgres; }

  const DevOptions& options_;
  Address address_;
  DataFolder folder_;
  ProcessSupervisor supervisor_;
  LogRelay relay_{notice};
  json::object shared_;
  std::optional<PrivateNats> nats_;
  std::optional<PrivatePostgres> postgres_;
  std::string state_file_;
};

} // namespace

int run_dev(const DevOptions& options) { return Dev{options}.serve(); }

std::string default_data_folder() {
  for (auto [variable, below] :
       {std::pair{"XDG_STATE_HOME", "/troupe/dev"}, {"HOME", "/.local/state/troupe/dev"}})
    if (const char* folder = std::getenv(variable); folder && *folder)
      return std::string{folder} + below;
  return "/tmp/troupe-" + std::to_string(::geteuid()) + "/dev";
}

} // namespace troupe::dev
