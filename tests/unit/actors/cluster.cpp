#include "tests/unit/actors/cluster.hpp"

#include <future>
#include <thread>

#include "actors/operations.hpp"
#include "net/http/client.hpp"
#include "tests/support/eventually.hpp"

namespace troupe::actors {
namespace {

constexpr auto answer_max = std::chrono::seconds{10};

/// Waits for the `done` of an operation.
template <class T, class Call>
T await(Call&& call) {
  auto promise = std::make_shared<std::promise<Result<T>>>();
  auto future = promise->get_future();
  call([promise](Result<T> result) { promise->set_value(std::move(result)); });
  if (future.wait_for(answer_max) != std::future_status::ready)
    throw std::runtime_error("no answer");
  auto result = future.get();
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

config::Team test_team() {
  config::Team team;
  team.name = "test";
  auto& role = team.roles["worker"];
  role.role = "worker";
  role.kind = "native";
  role.native = "caller";
  role.tools = {"ledger.*", "workspace.*", "pages.*"};
  const std::pair<const char*, const char*> children[] = {{"child", "write"}, {"large", "bulk"}};
  for (const auto& [name, tool] : children) {
    const auto child = plan::read_source(
        "child.yaml",
        "plan: " + std::string{name} +
            "\ninputs: { entry: { type: string } }\nsteps:\n  - id: one\n    tool: ledger." + tool +
            "\n    with: { entry: \"${{ inputs.entry }}\" }\n" +
            "output: { one: \"${{ steps.one.output }}\" }\n");
    team.plans[name] = {plan::parse_plan(child.source).plan, child.source.root.to_json()};
  }
  return team;
}

std::shared_ptr<NodeContext> make_context(const std::string& name, bool orchestrator) {
  auto context = std::make_shared<NodeContext>();
  context->settings.node = name;
  context->settings.orchestrator = orchestrator;
  context->settings.agent = !orchestrator;
  context->process = SystemEntropy{}.make_id<IncarnationId>(SystemClock{}.now());
  context->vitals = std::make_shared<Vitals>();
  context->actors = std::make_shared<Directory>();
  context->teams = {test_team()};
  return context;
}

} // namespace

LedgerToolkit::LedgerToolkit() {
  const auto add = [this](std::string name, toolkits::Effect effect) {
    toolkits::ToolSpec spec;
    spec.name = "ledger." + std::move(name);
    spec.input_schema = JsonText{
        R"({"type":"object","required":["entry"],"properties":{"entry":{"type":"string"}}})"};
    spec.output_schema = JsonText{"{}"};
    spec.effect = effect;
    tools_.push_back(std::move(spec));
  };
  add("read", toolkits::Effect::pure);
  add("write", toolkits::Effect::idempotent);
  add("hold", toolkits::Effect::idempotent);
  add("flaky", toolkits::Effect::idempotent);
  add("pay", toolkits::Effect::once);
  tools_.back().reconciles = true;
  add("busy", toolkits::Effect::pure);
  add("bulk", toolkits::Effect::pure);
}

Result<JsonText> LedgerToolkit::call(const toolkits::ToolCall& call, std::stop_token stop) {
  int count = 0;
  {
    const std::lock_guard lock{mutex_};
    count = ++counts_[call.arguments.text];
    if (call.tool == "ledger.pay") paid_.insert(call.idempotency_key);
  }
  if (call.tool == "ledger.hold" || call.tool == "ledger.pay") {
    holding_ = true;
    support::eventually([&] { return released_ || stop.stop_requested(); });
    if (stop.stop_requested()) stopped_ = true;
  }
  if (call.tool == "ledger.busy" && count == 1)
    return Error{ErrorClass::rate_limited, "come back later", 4'000};
  if (call.tool == "ledger.flaky" && count == 1)
    return make_error(ErrorClass::tool_failed, "fails the first time on purpose");
  if (call.tool == "ledger.bulk") return bulk();
  return JsonText{"{\"count\":" + std::to_string(count) + "}"};
}

JsonText LedgerToolkit::bulk() {
  std::string list = "[0";
  for (int i = 1; list.size() < bulk_bytes; ++i) list += ',' + std::to_string(i);
  return JsonText{list + ']'};
}

toolkits::Reconciled LedgerToolkit::reconcile(const toolkits::ToolCall& call, std::stop_token) {
  ++asked_;
  const std::lock_guard lock{mutex_};
  const bool happened = paid_.contains(call.idempotency_key);
  return {happened, JsonText{happened ? R"({"found":true})" : "null"}, {}};
}

int LedgerToolkit::count(const std::string& entry) const {
  const std::lock_guard lock{mutex_};
  const auto found = counts_.find("{\"entry\":\"" + entry + "\"}");
  return found == counts_.end() ? 0 : found->second;
}

TestNode::TestNode(bus::MemoryBroker& broker, std::string name,
                   const std::shared_ptr<NodeContext>& shared)
    : bus{broker.connect("_INBOX." + name)}, context{shared} {
  context->link = std::make_shared<Link>(*bus, context->settings.cluster, name);
  node = std::make_unique<Node>(context, [this](const std::string&) { failed = true; });
}

Cluster::Cluster() {
  start_orchestrator("orchestrator-1");
  start_agent();
}

void Cluster::start_orchestrator(const std::string& name) {
  orchestrator.reset();
  orchestrator = make_orchestrator(name);
}

std::unique_ptr<TestNode> Cluster::make_orchestrator(const std::string& name) {
  auto context = make_context(name, true);
  context->journal = &store.journal();
  context->jobs = &store.jobs();
  context->membership = &store.membership();
  context->retention = &store.retention();
  context->schedules = &store.schedules();
  context->artifacts = &store.artifacts();
  context->dead_letters = &store.dead_letters();
  context->permits = &store.permits();
  context->token_key = "the secret of this cluster"; // as of artifacts_test.cpp
  context->teams.front().schedules = schedules;
  return std::make_unique<TestNode>(broker, name, context);
}

void Cluster::start_peer() { peer = make_orchestrator("orchestrator-2"); }

TestNode& Cluster::add_agent(const std::string& name, std::vector<std::string> roles,
                             std::vector<std::shared_ptr<toolkits::Toolkit>> toolkits) {
  auto context = make_context(name, false);
  context->settings.roles = std::move(roles);
  context->http = http::make_client();
  context->catalogue.toolkits = std::move(toolkits);
  more_agents.push_back(std::make_unique<TestNode>(broker, name, context));
  return *more_agents.back();
}

void Cluster::start_agent() {
  agent.reset();
  auto context = make_context("agent-1", false);
  context->catalogue.toolkits = {ledger};
  context->http = http::make_client();
  agent = std::make_unique<TestNode>(broker, "agent-1", context);
}

RunId Cluster::submit(const std::string& plan) {
  ports::JobRequest request;
  request.plan_text = "---\n" + plan; // flow style, and yet not JSON
  auto& operations = *orchestrator->node->operations();
  const auto submitted =
      await<ports::Submitted>([&](auto done) { operations.submit(request, done); });
  return submitted.run;
}

std::string Cluster::view(RunId run) {
  auto& operations = *orchestrator->node->operations();
  return await<JsonText>([&](auto done) { operations.run(run, done); }).text;
}

std::string Cluster::events(RunId run) {
  auto& operations = *orchestrator->node->operations();
  return await<JsonText>([&](auto done) { operations.events(run, {{}, 1000}, done); }).text;
}

ports::RunState Cluster::state(RunId run) {
  const auto row =
      await<std::optional<ports::RunRow>>([&](auto done) { store.jobs().get_run(run, done); });
  return row.value().state;
}

bool Cluster::finishes(RunId run, std::chrono::milliseconds bound) {
  return support::eventually([&] { return state(run) != ports::RunState::running; }, bound);
}

caf::actor Cluster::find(const std::string& part) const {
  for (const auto* node : {orchestrator.get(), agent.get()}) {
    if (!node) continue;
    for (const auto& name : node->context->actors->parts()) {
      const bool fits = part.ends_with('*')
                            ? name.starts_with(std::string_view{part}.substr(0, part.size() - 1))
                            : name == part;
      if (fits) return node->context->actors->find(name);
    }
  }
  return {};
}

} // namespace troupe::actors
