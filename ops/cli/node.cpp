#include "ops/cli/node.hpp"

#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <functional>
#include <future>
#include <thread>

#include "actors/artifact_desk.hpp"
#include "actors/gateway.hpp"
#include "actors/node.hpp"
#include "net/bus/handover_bus.hpp"
#include "net/bus/nats_bus.hpp"
#include "net/http/api.hpp"
#include "net/http/api_artifacts.hpp"
#include "net/http/client.hpp"
#include "net/http/forwarder.hpp"
#include "net/http/gateway.hpp"
#include "net/http/listen_address.hpp"
#include "net/http/server.hpp"
#include "net/telemetry/metrics.hpp"
#include "ops/cli/exit_codes.hpp"
#include "runtime/log.hpp"
#include "runtime/store/postgres_store.hpp"

namespace troupe::cli {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr auto backoff_min = 100ms;
constexpr auto backoff_max = 2s;
constexpr auto leave_max = 2s;
constexpr auto requests_max = 2s; // for requests under way when the node stops
constexpr auto drain_look = 20ms;

/// SIGINT and SIGTERM, blocked in every thread and taken here, one at a time.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGUSR1); // from this process: it failed
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  int wait() const {
    int number = 0;
    sigwait(&set_, &number);
    return number;
  }
  /// True if one arrived within `pause`.
  bool wait_for(Millis pause) const {
    const timespec time{std::chrono::duration_cast<std::chrono::seconds>(pause).count(),
                        (pause % 1s).count() * 1'000'000};
    return sigtimedwait(&set_, nullptr, &time) > 0;
  }
  static void raise_failed() { ::kill(::getpid(), SIGUSR1); }

 private:
  sigset_t set_{};
};

Failure as_failure(const std::string& what, const Error& error) {
  const auto code = error.error_class == ErrorClass::denied          ? ExitCode::no_permission
                    : error.error_class == ErrorClass::invalid_input ? ExitCode::bad_configuration
                                                                     : ExitCode::unavailable;
  return Failure{code, what + ": " + error.message};
}

/// Tries until it works, with backoff, for as long as --wait-for-services allows. What another try
/// cannot mend ends at once.
template <class T>
T reach(const std::string& what, const NodeOptions& options, const Signals& signals,
        const std::function<Result<T>()>& attempt) {
  const auto give_up_at = Steady::now() + options.wait_for_services;
  for (Millis pause = backoff_min;; pause = std::min<Millis>(pause * 2, backoff_max)) {
    auto result = attempt();
    if (result) return std::move(*result);
    const auto& error = result.error();
    const bool hopeless =
        error.error_class == ErrorClass::invalid_input || error.error_class == ErrorClass::denied;
    if (hopeless || Steady::now() + pause > give_up_at) throw as_failure(what, error);
    log::warn("service.waiting",
              {{"service", what}, {"reason", error.message}, {"again_in_ms", pause.count()}});
    std::fprintf(stderr, "troupe: waiting for %s: %s\n", what.c_str(), error.message.c_str());
    if (signals.wait_for(pause))
      throw Failure{ExitCode::interrupted, "interrupted while waiting for " + what};
  }
}

std::vector<config::Team> load_teams(const config::Settings& settings) {
  std::vector<config::Team> teams;
  std::string faults;
  for (const auto& file : settings.team_files) {
    auto loaded = config::load_team(file);
    for (const auto& [at, fault] : loaded.faults) faults += "\n" + plan::to_string(fault, at);
    teams.push_back(std::move(loaded.team));
  }
  if (!faults.empty())
    throw Failure{ExitCode::bad_configuration, "the teams have faults:" + faults};
  return teams;
}

toolkits::Catalogue load_toolkits(const config::Settings& settings,
                                  const std::shared_ptr<ports::HttpClient>& client) {
  toolkits::Environment environment;
  environment.data_dir = settings.data_dir;
  environment.http = client;
  auto catalogue = toolkits::make_catalogue(settings.toolkits, environment);
  std::string faults;
  for (const auto& fault : catalogue.faults) faults += "\n" + fault;
  if (!faults.empty())
    throw Failure{ExitCode::bad_configuration, "the toolkits' settings have faults:" + faults};
  for (const auto& disabled : catalogue.disabled)
    log::warn("toolkit.disabled", {{"toolkit", disabled.toolkit}, {"reason", disabled.reason}});
  return catalogue;
}

/// The parts of one node, in the order of their making; they go in the reverse order.
struct Assembly {
  std::shared_ptr<actors::NodeContext> context = std::make_shared<actors::NodeContext>();
  std::unique_ptr<store::Store> store;
  std::unique_ptr<ports::Bus> bus;
  std::unique_ptr<ports::ArtifactDesk> desk;
  std::unique_ptr<actors::Node> node;
  std::unique_ptr<ports::Gateway> gateway;
  std::unique_ptr<http::Forwarder> forwarder;
  std::unique_ptr<http::Server> http;
};

void add_gateway(http::Router& router, Assembly& parts, const http::ApiOptions& api) {
  auto& context = *parts.context;
  parts.gateway = actors::make_gateway(parts.context);
  http::ForwarderOptions options;
  options.name = context.settings.node;
  options.servers = [gateway = parts.gateway.get()] { return gateway->api_servers(); };
  options.metrics = context.metrics.get();
  parts.forwarder = std::make_unique<http::Forwarder>(std::move(options));
  http::add_gateway(router, *parts.gateway, *parts.forwarder, api);
}

/// Serves the API, or lets through to it. Without configured authentication nothing listens beyond
/// loopback.
std::unique_ptr<http::Server> serve(Assembly& parts) {
  auto& context = *parts.context;
  const auto& listen = context.settings.listen;
  const auto address = http::parse_listen_address(listen);
  if (!address)
    throw Failure{ExitCode::bad_configuration, "http.listen: " + address.error().message};
  if (!http::is_loopback(address->host))
    throw Failure{ExitCode::bad_configuration,
                  "http.listen: " + listen +
                      " can be reached from other machines, and this version has no "
                      "authentication; listen on 127.0.0.1, put a proxy that authenticates in "
                      "front, and name under http.hosts the host it is asked for"};
  const auto metrics = std::static_pointer_cast<telemetry::PrometheusMetrics>(context.metrics);
  http::Router router;
  const http::ApiOptions api{context.settings.node, std::string{actors::version},
                             [metrics] { return metrics->render(); }};
  if (context.settings.gateway) {
    add_gateway(router, parts, api);
  } else {
    http::add_api(router, *parts.node->operations(), api);
    http::add_artifacts(router, *parts.desk, *parts.node->operations());
  }
  http::ServerOptions options;
  options.listen = listen;
  options.hosts = context.settings.hosts;
  options.metrics = metrics.get();
  auto server = http::Server::start(options, std::move(router));
  if (!server) throw Failure{ExitCode::unavailable, server.error().message};
  return std::move(*server);
}

/// Who moves artifacts shows a token that is signed under the cluster's key.
std::unique_ptr<ports::ArtifactDesk> make_desk(Assembly& parts, const NodeOptions& options,
                                               const Signals& signals) {
  auto& artifacts = parts.store->artifacts();
  auto key = reach<std::string>("Postgres", options, signals, [&] {
    auto told = std::make_shared<std::promise<Result<std::string>>>();
    artifacts.token_key([told](Result<std::string> key) { told->set_value(std::move(key)); });
    return told->get_future().get();
  });
  parts.context->token_key = key;
  return actors::make_artifact_desk(parts.context, artifacts, std::move(key));
}

void connect(Assembly& parts, const NodeOptions& options, const Signals& signals) {
  const auto& settings = parts.context->settings;
  if (settings.orchestrator) {
    parts.store = reach<std::unique_ptr<store::Store>>("Postgres", options, signals, [&] {
      store::PostgresOptions postgres;
      postgres.url = settings.postgres_url;
      return store::open_postgres_store(postgres);
    });
    parts.context->journal = &parts.store->journal();
    parts.context->jobs = &parts.store->jobs();
    parts.context->membership = &parts.store->membership();
    parts.context->retention = &parts.store->retention();
    parts.context->schedules = &parts.store->schedules();
    parts.context->artifacts = &parts.store->artifacts();
    parts.context->dead_letters = &parts.store->dead_letters();
    parts.context->permits = &parts.store->permits();
    parts.desk = make_desk(parts, options, signals);
  }
  parts.bus = reach<std::unique_ptr<ports::Bus>>("NATS", options, signals, [&] {
    bus::NatsOptions nats;
    nats.url = settings.nats_url;
    nats.name = "troupe " + settings.node;
    nats.inbox_prefix = ports::inbox_of(settings.node);
    nats.ca_file = settings.nats_ca_file;
    nats.nkey_seed_file = settings.nats_nkey_seed_file;
    return bus::connect(nats);
  });
  parts.bus = bus::hand_over_locally(std::move(parts.bus), settings.node);
  parts.context->link = std::make_shared<actors::Link>(*parts.bus, settings.cluster, settings.node);
}

void announce(const Assembly& parts, const NodeOptions& options) {
  const auto& settings = parts.context->settings;
  const std::string url = parts.http ? parts.http->url() : "";
  log::info("node.ready", {{"actor", "node"}, {"version", actors::version}, {"http", url}});
  if (!options.announce) return;
  if (options.json)
    std::printf("{\"ready\":true,\"node\":\"%s\",\"http\":%s}\n", settings.node.c_str(),
                url.empty() ? "null" : ('"' + url + '"').c_str());
  else
    std::printf("node %s is ready%s%s\n", settings.node.c_str(), url.empty() ? "" : ", ",
                url.c_str());
  std::fflush(stdout);
}

/// What runs here is finished or handed over; then the API ends. A second signal cuts it short.
void drain(Assembly& parts, const Signals& signals) {
  parts.node->begin_drain();
  while (!parts.node->drained())
    if (signals.wait_for(drain_look)) return log::warn("node.drain_cut_short", {{"actor", "node"}});
  if (parts.http) parts.http->drain(requests_max);
}

/// Gives this node's runs free, if that has not been done in order, so that nobody has to wait for
/// its lease to lapse. Best effort.
void leave(const actors::NodeContext& context) {
  if (context.membership == nullptr || !context.vitals->joined) return;
  auto left = std::make_shared<std::promise<void>>();
  auto done = left->get_future();
  context.membership->leave(context.vitals->owner(),
                            [left](const Result<>&) { left->set_value(); });
  if (done.wait_for(leave_max) != std::future_status::ready)
    log::warn("node.leave_unanswered", {{"actor", "node"}});
}

int run(Assembly& parts, const NodeOptions& options, const Signals& signals) {
  auto& context = *parts.context;
  context.teams = load_teams(context.settings);
  const auto& settings = context.settings;
  if (settings.agent || settings.tools) context.http = http::make_client();
  if (settings.tools) context.catalogue = load_toolkits(settings, context.http);
  connect(parts, options, signals);

  std::string failure;
  parts.node = std::make_unique<actors::Node>(parts.context, [&](std::string why) {
    failure = std::move(why);
    Signals::raise_failed();
  });
  if ((settings.orchestrator || settings.gateway) && !settings.listen.empty())
    parts.http = serve(parts);
  if (parts.http)
    context.vitals->set_http(context.settings.http_url.empty() ? parts.http->url()
                                                               : context.settings.http_url);
  announce(parts, options);

  const int signal = signals.wait();
  if (signal == SIGUSR1) throw Failure{ExitCode::internal, failure};
  log::info("node.stopping", {{"actor", "node"}, {"signal", signal}});
  drain(parts, signals);
  parts.http.reset();
  parts.node.reset();
  leave(context);
  actors::announce_leave(context);
  return static_cast<int>(ExitCode::ok);
}

/// This machine's name, as far as a subject of the bus may hold it.
std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  std::string result{name};
  for (char& c : result)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_') c = '-';
  return result.empty() || result.front() == '-' ? "node" + result : result;
}

void start_log(const config::Settings& settings) {
  const std::pair<const char*, log::Level> levels[] = {{"debug", log::Level::debug},
                                                       {"info", log::Level::info},
                                                       {"warn", log::Level::warn},
                                                       {"error", log::Level::error}};
  auto level = log::Level::info;
  for (const auto& [name, value] : levels)
    if (settings.log_level == name) level = value;
  if (!log::start(settings.node, level, settings.log_file))
    throw file_failure("write the log", settings.log_file, errno);
}

} // namespace

int run_node(const config::Settings& settings, const NodeOptions& options) {
  const Signals signals; // before any thread, so that all of them leave signals to us
  Assembly parts;
  auto& context = *parts.context;
  context.settings = settings;
  if (settings.node.empty()) context.settings.node = host_name();
  start_log(context.settings);
  context.process = SystemEntropy{}.make_id<IncarnationId>(SystemClock{}.now());
  context.vitals = std::make_shared<actors::Vitals>();
  context.actors = std::make_shared<actors::Directory>();
  context.metrics = std::make_shared<telemetry::PrometheusMetrics>();
  if (settings.orchestrator && settings.postgres_url.empty())
    throw Failure{ExitCode::bad_configuration,
                  "an orchestrator node needs `postgres: { url: ... }` in its settings"};
  return run(parts, options, signals);
}

} // namespace troupe::cli
