// Who may move artifacts, as the journals of runs have it.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <future>

#include "actors/artifact_desk.hpp"
#include "net/http/api_artifacts.hpp"
#include "net/http/client.hpp"
#include "net/http/server.hpp"
#include "runtime/artifact/reference.hpp"
#include "runtime/artifact/token.hpp"
#include "runtime/hash.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/actors/cluster.hpp"

using namespace troupe;
using namespace troupe::actors;
using namespace std::chrono_literals;

namespace {

constexpr const char* held = R"(plan: held
steps: [{ id: hold, tool: ledger.hold, with: { entry: x } }])";

constexpr const char* key = "the secret of this cluster";

Result<artifact::Token> ask(ports::ArtifactDesk& desk, const std::string& token) {
  auto told = std::make_shared<std::promise<Result<artifact::Token>>>();
  desk.executor(token, [told](Result<artifact::Token> answer) { told->set_value(answer); });
  return told->get_future().get();
}

std::string token_of(RunId run, AttemptNumber attempt, Millis lasts = Millis{1h}) {
  return artifact::sign({run, attempt, SystemClock{}.now() + lasts}, key);
}

/// Pages that together are too large for a journal.
class PagesToolkit final : public toolkits::Toolkit {
 public:
  static constexpr int pages = 30;

  PagesToolkit() {
    for (const auto* name : {"pages.list", "pages.read"}) {
      toolkits::ToolSpec spec;
      spec.name = name;
      spec.input_schema = spec.output_schema = JsonText{"{}"};
      spec.effect = toolkits::Effect::pure;
      tools_.push_back(std::move(spec));
    }
  }
  std::string_view name() const override { return "pages"; }
  const std::vector<toolkits::ToolSpec>& tools() const override { return tools_; }
  bool bound() const override { return false; }
  /// pages.list gives them all, pages.read {"name","bytes"} one.
  Result<JsonText> call(const toolkits::ToolCall& call, std::stop_token) override {
    if (call.tool == "pages.list") return all();
    const auto with = boost::json::parse(call.arguments.text);
    return page(std::string{with.at("name").as_string()},
                with.at("bytes").to_number<std::size_t>());
  }

  static JsonText page(const std::string& name, std::size_t bytes) {
    return JsonText{R"({"name":")" + name + R"(","text":")" + std::string(bytes, 'x') + "\"}"};
  }
  static JsonText all() {
    std::string list;
    for (int i = 0; i < pages; ++i)
      (list += i == 0 ? '[' : ',') += page("page " + std::to_string(i), 20'000).text;
    return JsonText{list + ']'};
  }

 private:
  std::vector<toolkits::ToolSpec> tools_;
};

/// An agent with a workspace, and an orchestrator whose HTTP it is told of.
struct LargeWorld {
  Cluster cluster;
  support::TemporaryFolder data;
  std::shared_ptr<ports::HttpClient> client = http::make_client();
  std::unique_ptr<ports::ArtifactDesk> desk =
      make_artifact_desk(cluster.orchestrator->context, cluster.store.artifacts(), key);
  std::unique_ptr<http::Server> server;
  artifact::Reference reference; // of what ledger.bulk gives

  LargeWorld() {
    const auto bulk = LedgerToolkit::bulk().text;
    reference = {sha256_hex(bulk), bulk.size(), "application/json"};
    const auto catalogue = toolkits::make_catalogue({{"workspace", JsonText{"{}"}}},
                                                    {data.path().string(), client, {}});
    BOOST_REQUIRE(catalogue.faults.empty());
    cluster.agent.reset();
    cluster.add_agent(
        "agent-2", {"*"},
        {cluster.ledger, catalogue.toolkits.front(), std::make_shared<PagesToolkit>()});
    http::Router router;
    http::add_artifacts(router, *desk, *cluster.orchestrator->node->operations());
    http::ServerOptions options;
    options.listen = "127.0.0.1:0";
    auto started = http::Server::start(options, std::move(router));
    BOOST_REQUIRE(started.ok());
    server = std::move(*started);
    cluster.orchestrator->context->vitals->set_http(server->url());
  }

  RunId completed(const std::string& plan) {
    const auto run = cluster.submit(plan);
    BOOST_REQUIRE(cluster.finishes(run));
    BOOST_TEST((cluster.state(run) == ports::RunState::completed), cluster.view(run));
    return run;
  }
  /// In the middle of a plan that calls ledger.hold the run's actor is killed: what takes it over
  /// knows what the store holds.
  RunId completed_by_another(const std::string& plan) {
    const auto run = cluster.submit(plan);
    BOOST_REQUIRE(support::eventually([&] { return cluster.ledger->holding(); }, 30s));
    const auto victim = cluster.find("run:*");
    BOOST_REQUIRE(victim);
    caf::anon_send_exit(victim, caf::exit_reason::kill);
    BOOST_REQUIRE(support::eventually([&] { return cluster.find("run:*") != victim; }));
    cluster.ledger->release();
    BOOST_REQUIRE(cluster.finishes(run));
    BOOST_TEST((cluster.state(run) == ports::RunState::completed), cluster.view(run));
    return run;
  }
  std::string output(RunId run, std::size_t step) {
    const auto view = boost::json::parse(cluster.view(run));
    return boost::json::serialize(view.at("tree").at("children").at(step).at("output"));
  }
  /// Of the artifact, as people read it.
  std::string content(RunId run) const {
    ports::HttpRequest request;
    request.url = server->url() + "/v1/runs/" + to_string(run) + "/artifacts/" + reference.hash;
    request.body_bytes_max = reference.bytes + 1;
    const auto answer = client->send(request, {});
    BOOST_REQUIRE(answer.ok());
    return answer->body;
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(artifact_access)

BOOST_AUTO_TEST_CASE(a_token_is_good_while_its_attempt_runs) {
  Cluster cluster;
  const auto desk =
      make_artifact_desk(cluster.orchestrator->context, cluster.store.artifacts(), key);
  const auto run = cluster.submit(held);
  BOOST_REQUIRE(support::eventually([&] { return cluster.ledger->holding(); }));
  const auto good = token_of(run, 1);
  const auto asked = ask(*desk, good);
  BOOST_REQUIRE_MESSAGE(asked.ok(), (asked.ok() ? "" : asked.error().message));
  BOOST_TEST((asked->run == run && asked->attempt == 1u));

  const auto refusal = [&](const std::string& token, ErrorClass expected) {
    const auto answer = ask(*desk, token);
    BOOST_REQUIRE(!answer.ok());
    BOOST_TEST((answer.error().error_class == expected), answer.error().message);
  };
  refusal(token_of(run, 2), ErrorClass::effect_conflict);     // of no attempt
  refusal(token_of(RunId{}, 1), ErrorClass::effect_conflict); // of no run
  refusal(token_of(run, 1, Millis{-1s}), ErrorClass::denied); // its time is over
  refusal(good + '0', ErrorClass::denied);

  cluster.ledger->release();
  BOOST_REQUIRE(cluster.finishes(run));
  BOOST_TEST(support::eventually([&] { return !ask(*desk, good).ok(); })); // known for a second
  refusal(good, ErrorClass::effect_conflict);
}

BOOST_AUTO_TEST_CASE(what_is_too_large_crosses_from_tool_to_owner_to_tool) {
  LargeWorld world;
  const auto run = world.completed(R"(plan: large
steps:
  - { id: make, tool: ledger.bulk, with: { entry: x } }
  - { id: fetch, tool: workspace.fetch, with: { artifact: "${{ steps.make.output }}", path: in.json } }
  - { id: publish, tool: workspace.publish, with: { path: in.json, type: application/json } })");
  for (const auto at : {0U, 2U})
    BOOST_TEST(world.output(run, at) == artifact::to_json(world.reference).text);
  BOOST_TEST((world.content(run) == LedgerToolkit::bulk().text));
}

BOOST_AUTO_TEST_CASE(what_a_child_run_made_is_its_parents_too) {
  LargeWorld world;
  const auto run = world.completed(R"(plan: parent
steps:
  - { id: make, plan: large, with: { entry: x } }
  - { id: fetch, tool: workspace.fetch, with: { artifact: "${{ steps.make.output.one }}", path: in.json } })");
  BOOST_TEST((world.content(run) == LedgerToolkit::bulk().text));
}

BOOST_AUTO_TEST_CASE(a_foreach_goes_over_an_artifact_and_what_it_collects_is_one) {
  LargeWorld world;
  const auto run = world.completed_by_another(R"(plan: pages
steps:
  - { id: make, tool: pages.list, with: {} }
  - id: each
    foreach:
      in: "${{ steps.make.output }}"
      do:
        - { id: read, tool: pages.read, with: { name: "${{ item.name }}", bytes: 20000 } }
        - { id: hold, tool: ledger.hold, with: { entry: "read ${{ item.name }}" } }
      concurrency: 3
  - id: again
    foreach: { in: "${{ steps.each.output }}", as: one, do: { id: note, tool: ledger.write, with: { entry: "note ${{ one.read.name }}" } } })");
  for (int i = 0; i < PagesToolkit::pages; ++i)
    for (const auto* word : {"read", "note"}) {
      const auto entry = word + std::string{" page "} + std::to_string(i);
      BOOST_TEST(world.cluster.ledger->count(entry) == 1, entry);
    }
  const auto collected = artifact::parse_reference(JsonText{world.output(run, 1)});
  BOOST_REQUIRE_MESSAGE(collected, world.output(run, 1).substr(0, 200));
  BOOST_TEST(collected->bytes > limits::payload_bytes_max);
}

BOOST_AUTO_TEST_CASE(a_list_that_a_plan_puts_together_may_be_too_large_for_its_journal) {
  LargeWorld world;
  const auto run = world.completed_by_another(R"(plan: together
steps:
  - { id: a, tool: pages.read, with: { name: a, bytes: 200000 } }
  - { id: b, tool: pages.read, with: { name: b, bytes: 200000 } }
  - { id: c, tool: pages.read, with: { name: c, bytes: 200000 } }
  - id: each
    foreach:
      in: ["${{ steps.a.output }}", "${{ steps.b.output }}", "${{ steps.c.output }}"]
      concurrency: 1
      do: { id: hold, tool: ledger.hold, with: { entry: "${{ item.name }}" } })");
  for (const auto* entry : {"a", "b", "c"})
    BOOST_TEST(world.cluster.ledger->count(entry) == 1, entry);
  BOOST_TEST(world.cluster.events(run).find(R"("count":3)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_list_of_too_many_fails_the_foreach) {
  LargeWorld world;
  const auto run = world.cluster.submit(R"(plan: many
steps:
  - { id: make, tool: ledger.bulk, with: { entry: x } }
  - { id: each, foreach: { in: "${{ steps.make.output }}", do: { id: go, tool: ledger.write, with: { entry: y } } } })");
  BOOST_REQUIRE(world.cluster.finishes(run));
  BOOST_TEST((world.cluster.state(run) == ports::RunState::failed));
  BOOST_TEST(world.cluster.view(run).find("a foreach goes over at most 100000") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_a_hash_alone_names_is_not_to_be_had) {
  LargeWorld world;
  world.completed(R"(plan: large
steps: [{ id: make, tool: ledger.bulk, with: { entry: x } }])");
  const auto run = world.cluster.submit(R"(plan: curious
steps: [{ id: fetch, tool: workspace.fetch, with: { path: in.json, artifact: ")" +
                                        artifact::name_of(world.reference.hash) + "\" } }]");
  BOOST_REQUIRE(world.cluster.finishes(run));
  BOOST_TEST((world.cluster.state(run) == ports::RunState::failed), world.cluster.view(run));
}

BOOST_AUTO_TEST_SUITE_END()
