#include "ops/cli/bench/orchestrator.hpp"

#include <cstdlib>
#include <future>

#include "actors/counted.hpp"
#include "net/bus/handover_bus.hpp"
#include "net/bus/nats_bus.hpp"
#include "ops/cli/exit_codes.hpp"
#include "runtime/log.hpp"
#include "runtime/store/postgres_store.hpp"

namespace troupe::bench {

using cli::ExitCode;
using cli::Failure;

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

Orchestrator::Orchestrator(Stage& stage, OrchestratorOptions options) : stage_{stage} {
  log::start("bench", log::Level::warn, stage.folder().at("logs/bench.log"));
  auto store = store::open_postgres_store({.url = stage.postgres_url()});
  if (!store) throw Failure{ExitCode::unavailable, "Postgres: " + store.error().message};
  store_ = *std::move(store);
  bus::NatsOptions nats;
  nats.url = stage.nats_url();
  nats.name = "troupe bench";
  nats.inbox_prefix = ports::inbox_of("bench");
  auto bus = bus::connect(nats);
  if (!bus) throw Failure{ExitCode::unavailable, "NATS: " + bus.error().message};
  bus_ = bus::hand_over_locally(*std::move(bus), "bench");
  auto& context = *context_;
  context.settings.node = "bench";
  context.settings.orchestrator = true;
  context.settings.agent = options.agent;
  context.settings.slots = options.slots;
  context.process = SystemEntropy{}.make_id<IncarnationId>(SystemClock{}.now());
  context.vitals = std::make_shared<actors::Vitals>();
  context.actors = std::make_shared<actors::Directory>();
  context.teams = {std::move(options.team)};
  context.metrics = progress_;
  context.journal = &store_->journal();
  context.jobs = &store_->jobs();
  context.membership = &store_->membership();
  context.retention = &store_->retention();
  context.schedules = &store_->schedules();
  context.link =
      std::make_shared<actors::Link>(*bus_, context.settings.cluster, context.settings.node);
  node_ = std::make_unique<actors::Node>(context_, [](const std::string&) { std::abort(); });
}

Orchestrator::~Orchestrator() = default;

void Orchestrator::wait_for_nodes(std::size_t number) {
  stage_.wait_for("the nodes", [&] {
    std::promise<std::size_t> known;
    operations().nodes([&](const Result<std::vector<ports::NodeStatus>>& nodes) {
      known.set_value(nodes ? nodes->size() : 0);
    });
    const auto heard_of = known.get_future().get();
    return operations().health().ready && heard_of >= number;
  });
}

} // namespace troupe::bench
