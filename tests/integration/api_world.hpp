// The API over a real server, with an engine that the test plays.
#pragma once
#include <atomic>
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <mutex>
#include <thread>

#include "net/http/api.hpp"
#include "net/http/api_artifacts.hpp"
#include "net/http/client.hpp"
#include "net/http/server.hpp"
#include "net/telemetry/metrics.hpp"
#include "runtime/store/memory_store.hpp"
#include "tests/support/store_calls.hpp"

namespace troupe::test {

inline const auto at = *parse_iso8601("2026-11-20T18:46:51.123Z");
inline const auto job_id = *parse_id<JobId>("018bcfe5-6800-7000-8000-000000000001");
inline const auto run_id = *parse_id<RunId>("018bcfe5-6800-7000-8000-000000000002");
inline const std::string job_text = "018bcfe5-6800-7000-8000-000000000001";
inline const std::string run_text = "018bcfe5-6800-7000-8000-000000000002";
inline const std::string nobody = "018bcfe5-6800-7000-8000-00000000000f";

/// An engine with one job and one run; answers on a thread of its own, as a real one does.
class FakeOperations final : public ports::Operations {
 public:
  void command(RunId id, ports::Command given, Done<std::optional<bool>> done) override {
    last_command = given;
    later([=, this] {
      if (fault) return done(*fault);
      done(id == run_id ? std::optional{true} : std::nullopt);
    });
  }
  void fork(RunId id, ports::ForkRequest request, Done<JsonText> done) override {
    last_fork = request;
    document(id, R"({"run":null,"kept":[],"again":[],"repeats":[]})", done);
  }
  void instances(RunId id, ports::StepPage page, Done<JsonText> done) override {
    document(id,
             R"({"step":")" + page.step + R"(","from":)" + std::to_string(page.from) +
                 R"(,"limit":)" + std::to_string(page.limit) + "}",
             done);
  }
  void approvals(RunId id, Done<JsonText> done) override {
    document(id, R"({"approvals":[]})", done);
  }
  void pending_approvals(std::uint32_t limit, Done<JsonText> done) override {
    document(run_id, R"({"approvals":[],"limit":)" + std::to_string(limit) + "}", done);
  }
  void inject(intake::Injected event, Done<JsonText> done) override {
    last_event = event;
    later([this, done] { fault ? done(*fault) : done(JsonText{R"({"duplicate":false})"}); });
  }
  void dead_letters(std::uint32_t limit, std::uint64_t before, Done<JsonText> done) override {
    document(
        run_id,
        R"({"limit":)" + std::to_string(limit) + R"(,"before":)" + std::to_string(before) + "}",
        done);
  }
  void dead_letter(std::string id, Done<JsonText> done) override { letter(id, done); }
  void retry_dead_letter(std::string id, Done<JsonText> done) override { letter(id, done); }
  void drop_dead_letter(std::string id, Done<bool> done) override {
    later([id, done] { done(id == "known"); });
  }
  void why(RunId id, std::string step, Done<JsonText> done) override {
    document(id, R"({"why":"because of ')" + step + R"('"})", done);
  }
  void bundle(RunId id, Done<JsonText> done) override { document(id, R"({"plan":{}})", done); }
  void submit(ports::JobRequest request, Done<ports::Submitted> done) override {
    asked = request;
    later([this, request, done] {
      if (fault) return done(*fault);
      const bool duplicate = request.idempotency_key == "known";
      done(ports::Submitted{job_id, run_id, duplicate});
    });
  }
  void alertmanager(std::string body, Done<JsonText> done) override {
    later([this, body, done] {
      if (fault) return done(*fault);
      done(JsonText{R"({"accepted":1,"duplicates":0,"jobs":[")" + job_text + R"("],"bytes":)" +
                    std::to_string(body.size()) + "}"});
    });
  }
  void signal(RunId id, std::string name, JsonText body, Done<bool> done) override {
    last_signal = name + " " + body.text;
    later([=, this] { done(post(id)); });
  }
  void cancel(RunId id, std::string reason, Done<bool> done) override {
    last_signal = "cancel " + reason;
    later([=, this] { done(post(id)); });
  }
  void jobs(ports::JobFilter given, Done<std::vector<ports::JobRow>> done) override {
    filter = given;
    later([=, this] { fault ? done(*fault) : done(std::vector{row()}); });
  }
  void job(JobId id, Done<std::optional<ports::JobRow>> done) override {
    later([=, this] { done(id == job_id ? std::optional{row()} : std::nullopt); });
  }
  void runs(ports::JobFilter given, Done<std::vector<ports::RunRow>> done) override {
    filter = given;
    later([=] {
      ports::RunRow found;
      found.id = run_id;
      found.job = job_id;
      found.created_at = at;
      done(std::vector{found});
    });
  }
  void run(RunId id, Done<JsonText> done) override {
    later([=] { done(id == run_id ? JsonText{R"({"id":"the run"})"} : JsonText{}); });
  }
  void events(RunId id, ports::EventsPage page, Done<JsonText> done) override {
    if (!pages.empty()) { // one after the other
      const std::lock_guard lock{mutex_};
      const auto text = pages.front();
      pages.erase(pages.begin());
      cursors.push_back(page.after ? std::to_string(*page.after) : "none");
      threads_.emplace_back([=] { done(JsonText{text}); });
      return;
    }
    const auto cursor = page.after ? std::to_string(*page.after) : "none";
    document(id,
             R"({"after":")" + cursor + R"(","limit":)" + std::to_string(page.limit) +
                 R"(,"wait":)" + std::to_string(page.wait.count()) + "}",
             done);
  }
  void schedules(ports::ScheduleId choice, Done<JsonText> done) override {
    last_schedule = choice;
    document(run_id, R"({"schedules":[]})", done);
  }
  void schedule(ports::ScheduleId id, Done<JsonText> done) override {
    document(id.id == "nightly" ? run_id : RunId{}, R"({"id":"nightly"})", done);
  }
  void next_times(ports::ScheduleId choice, std::uint32_t limit, Done<JsonText> done) override {
    last_schedule = choice;
    document(run_id, R"({"times":[],"limit":)" + std::to_string(limit) + "}", done);
  }
  void pause_schedule(ports::ScheduleId id, bool pause, std::string by,
                      Done<std::optional<bool>> done) override {
    last_schedule = id;
    last_signal = (pause ? "pause " : "resume ") + by;
    later([=, this] {
      if (fault) return done(*fault);
      done(id.id == "nightly" ? std::optional{pause} : std::nullopt);
    });
  }
  void run_schedule(ports::ScheduleId id, std::string key,
                    Done<std::optional<ports::Submitted>> done) override {
    last_schedule = id;
    later([=, this] {
      if (fault) return done(*fault);
      if (id.id != "nightly") return done(std::optional<ports::Submitted>{});
      done(std::optional{ports::Submitted{job_id, run_id, key == "known"}});
    });
  }
  void limits(Done<JsonText> done) override {
    document(run_id, R"({"rules":[],"limits":[]})", done);
  }
  void nodes(Done<std::vector<ports::NodeStatus>> done) override {
    ports::NodeStatus node;
    node.name = "n1";
    later([=] { done(std::vector{node}); });
  }
  ports::Health health() const override {
    return ready ? ports::Health{true, true, true, true, ""}
                 : ports::Health{false, false, true, true, "the link to NATS is down"};
  }

  std::optional<Error> fault; // what the engine says to everything
  bool ended = false;         // the run takes nothing more
  std::atomic<bool> ready = true;
  ports::JobRequest asked;
  ports::JobFilter filter;
  std::string last_signal;
  ports::ScheduleId last_schedule;
  ports::Command last_command;
  ports::ForkRequest last_fork;
  intake::Injected last_event;
  std::vector<std::string> pages, cursors; // of events: what is answered, what was asked for

 private:
  void letter(const std::string& id, Done<JsonText> done) {
    later([=, this] {
      if (fault) return done(*fault);
      done(id == "known" ? JsonText{R"({"id":"known"})"} : JsonText{});
    });
  }
  void document(RunId id, std::string text, Done<JsonText> done) {
    later([=, this] {
      if (fault) return done(*fault);
      done(id == run_id ? JsonText{text} : JsonText{});
    });
  }
  static ports::JobRow row() {
    ports::JobRow found;
    found.id = job_id;
    found.team = "ops";
    found.created_at = at;
    return found;
  }
  Result<bool> post(RunId id) const {
    if (fault) return *fault;
    if (id != run_id) return make_error(ErrorClass::invalid_input, "there is no such run");
    if (ended) return make_error(ErrorClass::invalid_input, "the run has ended");
    return true;
  }
  void later(std::function<void()> task) {
    const std::lock_guard lock{mutex_};
    threads_.emplace_back(std::move(task));
  }
  std::mutex mutex_;
  std::vector<std::jthread> threads_;
};

/// Knows the token "good" of the run, "other" of another run, and "over" of an attempt that is.
class FakeDesk final : public ports::ArtifactDesk {
 public:
  explicit FakeDesk(ports::Artifacts& artifacts) : artifacts_{artifacts} {}
  void executor(const std::string& token, Done done) override {
    if (token == "good") return done(artifact::Token{run_id, 1, {}});
    if (token == "other") return done(artifact::Token{*parse_id<RunId>(nobody), 1, {}});
    if (token == "over") return done(make_error(ErrorClass::effect_conflict, "attempt 1 is over"));
    done(make_error(ErrorClass::denied, "not given by this cluster"));
  }
  ports::Artifacts& artifacts() override { return artifacts_; }

 private:
  ports::Artifacts& artifacts_;
};

/// The API on a real server.
struct ApiWorld {
  ApiWorld() {
    http::Router router;
    http::add_api(router, engine, {"n1", "0.1.0", [this] { return metrics.render(); }});
    http::add_artifacts(router, desk, engine);
    http::ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.metrics = &metrics;
    auto started = http::Server::start(options, std::move(router));
    BOOST_REQUIRE(started.ok());
    server = std::move(*started);
  }

  ports::HttpResponse ask(const std::string& method, const std::string& path,
                          const std::string& body = "",
                          std::vector<std::pair<std::string, std::string>> headers = {}) {
    ports::HttpRequest request;
    request.method = method;
    request.url = server->url() + path;
    request.body = body;
    request.headers = std::move(headers);
    request.body_bytes_max = 64 << 20;
    auto response = client->send(request, {});
    BOOST_REQUIRE_MESSAGE(response.ok(), (response.ok() ? "" : response.error().message));
    return std::move(*response);
  }

  support::StoreCalls calls{std::make_unique<store::MemoryStore>(), "n1", 1};
  FakeDesk desk{calls.store->artifacts()};
  FakeOperations engine;
  telemetry::PrometheusMetrics metrics;
  std::unique_ptr<http::Server> server;
  std::unique_ptr<ports::HttpClient> client = http::make_client();
};

inline std::string header(const ports::HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return {};
}

inline void expect_problem(const ports::HttpResponse& response, int status,
                           std::string_view words) {
  BOOST_TEST(response.status == status, response.body);
  BOOST_TEST(header(response, "content-type") == "application/problem+json");
  const auto body = boost::json::parse(response.body).as_object();
  BOOST_TEST(body.at("status").as_int64() == status);
  BOOST_TEST(!body.at("title").as_string().empty());
  const std::string_view detail{body.at("detail").as_string()};
  BOOST_TEST((detail.find(words) != detail.npos), detail << " lacks " << words);
}

} // namespace troupe::test
