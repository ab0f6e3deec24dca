#include "ops/cli/bench/local_node.hpp"

#include <cstdlib>

#include "actors/counted.hpp"
#include "net/bus/handover_bus.hpp"
#include "net/bus/nats_bus.hpp"
#include "ops/cli/bench/measuring.hpp"
#include "runtime/store/postgres_store.hpp"

namespace troupe::bench {

using cli::ExitCode;
using cli::Failure;

std::unique_ptr<ports::Bus> connect_bus(const Stage& stage, const std::string& name) {
  bus::NatsOptions nats;
  nats.url = stage.nats_url();
  nats.name = "troupe " + name;
  nats.inbox_prefix = ports::inbox_of(name);
  auto bus = bus::connect(nats);
  if (!bus) throw Failure{ExitCode::unavailable, "NATS: " + bus.error().message};
  return *std::move(bus);
}

std::unique_ptr<store::Store> open_store(const std::string& url) {
  auto store = store::open_postgres_store({.url = url});
  if (!store) throw Failure{ExitCode::unavailable, "Postgres: " + store.error().message};
  return *std::move(store);
}

LocalNode::LocalNode(Stage& stage, LocalNodeOptions options) : stage_{stage} {
  auto& context = *context_;
  auto& settings = context.settings;
  settings.node = options.name;
  settings.cluster = options.cluster;
  settings.orchestrator = !options.postgres_url.empty();
  settings.agent = options.agent;
  settings.slots = options.slots;
  context.process = SystemEntropy{}.make_id<IncarnationId>(SystemClock{}.now());
  context.vitals = std::make_shared<actors::Vitals>();
  context.actors = std::make_shared<actors::Directory>();
  context.teams = std::move(options.teams);
  context.catalogue.toolkits = std::move(options.toolkits);
  context.metrics = std::move(options.metrics);
  if (settings.orchestrator) open_store(options.postgres_url);
  bus_ = bus::hand_over_locally(connect_bus(stage, options.name), options.name);
  context.link = std::make_shared<actors::Link>(*bus_, settings.cluster, settings.node);
  node_ = std::make_unique<actors::Node>(context_, [](const std::string&) { std::abort(); });
}

LocalNode::~LocalNode() = default;

void LocalNode::open_store(const std::string& url) {
  store_ = bench::open_store(url);
  auto& context = *context_;
  context.journal = &store_->journal();
  context.jobs = &store_->jobs();
  context.membership = &store_->membership();
  context.retention = &store_->retention();
  context.schedules = &store_->schedules();
  context.artifacts = &store_->artifacts();
  context.dead_letters = &store_->dead_letters();
}

void LocalNode::wait_for_nodes(std::size_t number) {
  stage_.wait_for("the nodes", [&] {
    const auto known = await<std::vector<ports::NodeStatus>>(
        [&](auto done) { operations().nodes(std::move(done)); });
    return operations().health().ready && known.size() >= number;
  });
}

void Progress::add(const ports::Counter& counter, ports::MetricLabels labels, double amount) {
  if (counter.name == actors::counted::runs_finished.name) {
    {
      const std::lock_guard lock{mutex_};
      runs_ += static_cast<std::uint64_t>(amount);
    }
    changed_.notify_all();
  } else if (counter.name == actors::counted::attempts_ended.name && labels.size() > 0 &&
             labels.begin()->second == "completed") {
    steps_ += static_cast<std::uint64_t>(amount);
  }
}

bool Progress::wait_for_runs(std::uint64_t number, Millis limit) {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, limit, [&] { return runs_ >= number; });
}

} // namespace troupe::bench
