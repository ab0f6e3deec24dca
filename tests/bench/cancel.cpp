// One cancel with a thousand steps running on several nodes, over a real bus (README.md).
#include <cstdio>
#include <future>

#include "actors/node.hpp"
#include "net/bus/nats_bus.hpp"
#include "tests/bench/measuring.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/nats_server.hpp"

using namespace troupe;
using namespace troupe::bench;
using namespace std::chrono_literals;

namespace {

/// When attempts were acknowledged as cancelled.
class Watch final : public ports::Metrics {
 public:
  void add(const ports::Counter& counter, ports::MetricLabels, double amount) override {
    if (counter.name != "troupe_cancels_acknowledged_total") return;
    const std::lock_guard lock{mutex_};
    const auto at = ms_since(begin_);
    acknowledged_.insert(acknowledged_.end(), static_cast<std::size_t>(amount), at);
    ++messages_;
  }
  void set(const ports::Gauge&, ports::MetricLabels, double) override {}
  void observe(const ports::Histogram&, ports::MetricLabels, double) override {}

  void begin() {
    const std::lock_guard lock{mutex_};
    begin_ = Steady::now();
    acknowledged_.clear();
    messages_ = 0;
  }
  std::vector<double> acknowledged() const {
    const std::lock_guard lock{mutex_};
    return acknowledged_;
  }
  std::size_t messages() const {
    const std::lock_guard lock{mutex_};
    return messages_;
  }

 private:
  mutable std::mutex mutex_;
  Steady::time_point begin_ = Steady::now();
  std::vector<double> acknowledged_;
  std::size_t messages_ = 0;
};

/// One look at nothing: what the agents of this bench wait for never comes.
class HoldToolkit final : public toolkits::Toolkit {
 public:
  HoldToolkit() {
    toolkits::ToolSpec spec;
    spec.name = "hold.look";
    spec.input_schema = JsonText{R"({"type":"object"})"};
    spec.output_schema = JsonText{"{}"};
    tools_.push_back(std::move(spec));
  }
  std::string_view name() const override { return "hold"; }
  const std::vector<toolkits::ToolSpec>& tools() const override { return tools_; }
  bool bound() const override { return true; }
  Result<JsonText> call(const toolkits::ToolCall&, std::stop_token) override {
    ++looks;
    return JsonText{R"({"ok":false})"};
  }
  std::atomic<long> looks{0};

 private:
  std::vector<toolkits::ToolSpec> tools_;
};

config::Team team_of_the_patient() {
  config::Team team;
  team.name = "bench";
  auto& role = team.roles["patient"];
  role.role = "patient";
  role.kind = "runbook";
  role.tools = {"hold.*"};
  role.runbook =
      JsonText{R"({"runbook":"wait","rules":[{"id":"wait","verify":[{"tool":"hold.look","with":{},)"
               R"("until":"${{ result.ok }}","every":"10m","within":"1h"}],"output":{}}]})"};
  return team;
}

struct BenchNode {
  BenchNode(const std::string& nats, const std::string& name, bool orchestrator,
            std::uint32_t slots) {
    bus::NatsOptions options;
    options.url = nats;
    options.name = name;
    options.inbox_prefix = "_INBOX." + name;
    bus = *bus::connect(options);
    context->settings.node = name;
    context->settings.orchestrator = orchestrator;
    context->settings.agent = !orchestrator;
    context->settings.slots = slots;
    context->process = SystemEntropy{}.make_id<IncarnationId>(SystemClock{}.now());
    context->vitals = std::make_shared<actors::Vitals>();
    context->actors = std::make_shared<actors::Directory>();
    context->teams = {team_of_the_patient()};
    context->link = std::make_shared<actors::Link>(*bus, context->settings.cluster, name);
  }
  void start() {
    node = std::make_unique<actors::Node>(context, [](const std::string&) { std::abort(); });
  }

  std::unique_ptr<ports::Bus> bus;
  std::shared_ptr<actors::NodeContext> context = std::make_shared<actors::NodeContext>();
  std::unique_ptr<actors::Node> node;
};

template <class T, class Call>
T await(Call&& call) {
  std::promise<Result<T>> promise;
  call([&](Result<T> result) { promise.set_value(std::move(result)); });
  auto result = promise.get_future().get();
  if (!result) throw std::runtime_error{result.error().message};
  return std::move(*result);
}

void wait_for(const std::function<bool()>& condition) {
  if (!support::eventually(condition, 120s))
    throw std::runtime_error{"the cluster did not get there"};
}

/// An orchestrator and its agents, ready to work.
struct BenchCluster {
  BenchCluster(const std::string& nats, store::Store& store, long nodes, std::uint32_t slots)
      : owner{nats, "owner", true, 0}, store{store} {
    owner.context->metrics = watch;
    owner.context->journal = &store.journal();
    owner.context->jobs = &store.jobs();
    owner.context->membership = &store.membership();
    owner.context->retention = &store.retention();
    owner.context->artifacts = &store.artifacts();
    owner.start();
    for (long i = 1; i <= nodes; ++i) {
      agents.push_back(
          std::make_unique<BenchNode>(nats, "agent-" + std::to_string(i), false, slots));
      agents.back()->context->catalogue.toolkits = {toolkit};
      agents.back()->start();
    }
    auto& operations = *owner.node->operations();
    wait_for([&] {
      const auto known =
          await<std::vector<ports::NodeStatus>>([&](auto done) { operations.nodes(done); });
      return operations.health().ready && known.size() > static_cast<std::size_t>(nodes);
    });
  }

  /// Runs all of it, cancels, and returns when the run has ended: so many ms after the asking.
  double cancel_once(const ports::JobRequest& request, long steps) {
    auto& operations = *owner.node->operations();
    toolkit->looks = 0;
    const auto run =
        await<ports::Submitted>([&](auto done) { operations.submit(request, done); }).run;
    wait_for([&] { return toolkit->looks >= steps; });
    wait_for([&] { return store.journal().depth() == 0; });
    watch->begin();
    const auto begin = Steady::now();
    await<bool>([&](auto done) { operations.cancel(run, "the bench is over", done); });
    wait_for([&] { return watch->acknowledged().size() >= static_cast<std::size_t>(steps); });
    wait_for([&] {
      const auto row =
          await<std::optional<ports::RunRow>>([&](auto done) { store.jobs().get_run(run, done); });
      return row->state == ports::RunState::cancelled;
    });
    return ms_since(begin);
  }

  std::shared_ptr<Watch> watch = std::make_shared<Watch>();
  std::shared_ptr<HoldToolkit> toolkit = std::make_shared<HoldToolkit>();
  BenchNode owner;
  std::vector<std::unique_ptr<BenchNode>> agents;
  store::Store& store;
};

ports::JobRequest request_for(long steps) {
  ports::JobRequest request;
  request.plan_text =
      "plan: wait\ninputs: { items: { type: array } }\nsteps: [{ id: each, foreach: { in: \"${{ "
      "inputs.items }}\", concurrency: " +
      std::to_string(steps) + ", do: { id: one, agent: patient } } }]\n";
  request.inputs.text = "{\"items\":[0";
  for (long i = 1; i < steps; ++i) request.inputs.text += ",0";
  request.inputs.text += "]}";
  return request;
}

} // namespace

int main(int argc, char** argv) {
  const Arguments arguments{argc, argv};
  const long steps = arguments.number("steps", 1'000), nodes = arguments.number("nodes", 4),
             rounds = arguments.number("rounds", 5);
  const support::NatsServer nats;
  const auto store = open_store(arguments.url());
  BenchCluster cluster{nats.url(), *store, nodes,
                       static_cast<std::uint32_t>((steps + nodes - 1) / nodes)};
  std::vector<double> acknowledged, stopped;
  std::size_t messages = 0;
  for (long round = 1; round <= rounds; ++round) {
    stopped.push_back(cluster.cancel_once(request_for(steps), steps));
    const auto those = cluster.watch->acknowledged();
    acknowledged.insert(acknowledged.end(), those.begin(), those.end());
    messages += cluster.watch->messages();
  }
  std::printf(
      "{\"steps\":%ld,\"nodes\":%ld,\"rounds\":%ld,\"messages_per_cancel\":%.1f,"
      "\"acknowledged_p50_ms\":%.1f,\"acknowledged_p99_ms\":%.1f,\"acknowledged_max_ms\":%.1f,"
      "\"run_cancelled_p50_ms\":%.0f,\"run_cancelled_max_ms\":%.0f}\n",
      steps, nodes, rounds, static_cast<double>(messages) / static_cast<double>(rounds),
      percentile(acknowledged, 0.5), percentile(acknowledged, 0.99), percentile(acknowledged, 1),
      percentile(stopped, 0.5), percentile(stopped, 1));
  return 0;
}
