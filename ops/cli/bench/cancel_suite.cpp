// One cancel with a thousand steps running on several nodes.
#include "ops/cli/bench/local_node.hpp"
#include "ops/cli/bench/measuring.hpp"
#include "ops/cli/bench/raw_nats.hpp"
#include "ops/cli/bench/suites.hpp"

namespace troupe::bench {
namespace {

constexpr unsigned agent_nodes = 4, rounds_least = 2;

/// When attempts were acknowledged as cancelled. Thread-safe.
class Watch final : public ports::Metrics {
 public:
  void add(const ports::Counter& counter, ports::MetricLabels, double amount) override {
    if (counter.name != "troupe_cancels_acknowledged_total") return;
    const std::lock_guard lock{mutex_};
    acknowledged_.insert(acknowledged_.end(), static_cast<std::size_t>(amount), ms_since(begin_));
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
  std::vector<double> acknowledged_; // ms, of each attempt
  std::size_t messages_ = 0;
};

/// One look at nothing: what the agents of this suite wait for never comes.
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
  std::atomic<unsigned> looks{0};

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

ports::JobRequest request_for(unsigned steps) {
  ports::JobRequest request;
  request.source = "bench";
  request.plan_text =
      "plan: wait\ninputs: { items: { type: array } }\nsteps: [{ id: each, foreach: { in: \"${{ "
      "inputs.items }}\", concurrency: " +
      std::to_string(steps) + ", do: { id: one, agent: patient } } }]\n";
  request.inputs.text = "{\"items\":[0";
  for (unsigned i = 1; i < steps; ++i) request.inputs.text += ",0";
  request.inputs.text += "]}";
  return request;
}

/// An orchestrator and its agents, each a node of its own.
class Cluster {
 public:
  Cluster(Stage& stage, unsigned steps)
      : stage_{stage},
        steps_{steps},
        owner_{stage,
               {.name = "owner",
                .postgres_url = stage.postgres_url(),
                .agent = false,
                .teams = {team_of_the_patient()},
                .metrics = watch_}} {
    for (unsigned i = 1; i <= agent_nodes; ++i)
      agents_.push_back(std::make_unique<LocalNode>(
          stage, LocalNodeOptions{.name = "agent-" + std::to_string(i),
                                  .slots = (steps + agent_nodes - 1) / agent_nodes,
                                  .teams = {team_of_the_patient()},
                                  .toolkits = {toolkit_}}));
    owner_.wait_for_nodes(agent_nodes + 1);
  }

  /// Runs all of it, cancels, and returns when the run has ended.
  void cancel_once() {
    toolkit_->looks = 0;
    const auto run = await<ports::Submitted>([&](auto done) {
                       owner_.operations().submit(request_for(steps_), std::move(done));
                     }).run;
    stage_.wait_for("every step", [&] { return toolkit_->looks >= steps_; });
    stage_.wait_for("the journal", [&] { return owner_.store().journal().depth() == 0; });
    watch_->begin();
    const auto begin = Steady::now();
    await<bool>(
        [&](auto done) { owner_.operations().cancel(run, "the bench is over", std::move(done)); });
    stage_.wait_for("every acknowledgement",
                    [&] { return watch_->acknowledged().size() >= steps_; });
    stage_.wait_for("the end of the run", [&] { return has_ended(run); });
    ended_ms.push_back(ms_since(begin));
    const auto acknowledged = watch_->acknowledged();
    acknowledged_ms.insert(acknowledged_ms.end(), acknowledged.begin(), acknowledged.end());
    messages += watch_->messages();
  }

  std::vector<double> acknowledged_ms, ended_ms;
  std::size_t messages = 0;

 private:
  bool has_ended(RunId run) {
    const auto row = await<std::optional<ports::RunRow>>(
        [&](auto done) { owner_.store().jobs().get_run(run, std::move(done)); });
    return row->state == ports::RunState::cancelled;
  }

  Stage& stage_;
  const unsigned steps_;
  std::shared_ptr<Watch> watch_ = std::make_shared<Watch>();
  std::shared_ptr<HoldToolkit> toolkit_ = std::make_shared<HoldToolkit>();
  LocalNode owner_;
  std::vector<std::unique_ptr<LocalNode>> agents_;
};

} // namespace

Report bench_cancel(const BenchOptions& options) {
  Report report{"cancel",
                "One run with " + std::to_string(options.in_flight) + " attempts running on " +
                    std::to_string(agent_nodes) +
                    " agent nodes is cancelled. Acknowledged: for each attempt, from the asking to "
                    "its node's word that it has the cancel, one message for each node. Ended: "
                    "until every agent has stopped and the run is journaled as cancelled, looked "
                    "at every 25 ms. All nodes are in this process; Postgres with fsync."};
  options.tell("the servers start");
  Stage stage{{.nats = true, .postgres = true}};
  options.tell("the limit: libnats alone, one request after the other");
  const auto raw = measure_raw_nats(
      stage.nats_url(), {.request_bytes = 400, .answer_bytes = 400, .time = options.raw_time()});
  Cluster cluster{stage, options.in_flight};
  const auto end = Steady::now() + options.time;
  for (unsigned round = 1; round <= rounds_least || Steady::now() < end; ++round) {
    options.tell("cancel " + std::to_string(round));
    cluster.cancel_once();
  }
  const auto rounds = static_cast<double>(cluster.ended_ms.size());
  report.add("cancels", rounds, "cancels");
  report.add("messages_per_cancel", static_cast<double>(cluster.messages) / rounds,
             "messages for each", 1);
  report.add_latencies("acknowledged", std::move(cluster.acknowledged_ms),
                       "an attempt's cancel acknowledged");
  report.add_latencies("ended", std::move(cluster.ended_ms), "the run's end");
  report.add("raw_round_trip_p50_ms", percentile(raw.ms, 0.5),
             "one round trip of libnats alone, half of them within, ms", 3);
  report.add("raw_round_trip_p99_ms", percentile(raw.ms, 0.99),
             "one round trip of libnats alone, 99 % of them within, ms", 3);
  return report;
}

} // namespace troupe::bench
