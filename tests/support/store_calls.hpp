// The store ports, asked and waited for, and rows to ask with.
#pragma once
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "runtime/hash.hpp"
#include "runtime/store/store.hpp"

namespace troupe::support {

/// Calls `ask` with a `done` and waits for what that gets. Throws std::runtime_error after half a
/// minute.
template <class T>
T await(const std::function<void(std::function<void(T)>)>& ask) {
  auto answer = std::make_shared<std::promise<T>>();
  auto future = answer->get_future();
  ask([answer](T value) { answer->set_value(std::move(value)); });
  if (future.wait_for(std::chrono::seconds{30}) != std::future_status::ready)
    throw std::runtime_error{"no answer within 30 s"};
  return future.get();
}

/// await for calls whose `done` takes a Result.
template <class T>
Result<T> ask(const std::function<void(std::function<void(Result<T>)>)>& call) {
  return await<Result<T>>(call);
}

/// One node's store, with blocking calls; makes ids and rows.
class StoreCalls {
 public:
  using Rows = std::vector<ports::RunRow>;

  StoreCalls(std::unique_ptr<store::Store> opened, const std::string& name, std::uint64_t seed)
      : store{std::move(opened)}, entropy{seed} {
    me = join(name);
  }

  /// A new incarnation of a node, joined.
  IncarnationId join(const std::string& name) {
    const auto incarnation = entropy.make_id<IncarnationId>(now);
    const auto joined = ask<Unit>([&](auto done) {
      store->membership().join({incarnation, name, "0.1.0"}, done);
    });
    if (!joined) throw std::runtime_error{joined.error().message};
    return incarnation;
  }

  ports::NewJob new_job(const std::string& team = "ops", const std::string& key = "") {
    ports::NewJob job;
    now += Millis{1}; // so that ids are ordered as they were made
    job.id = entropy.make_id<JobId>(now);
    job.run = entropy.make_id<RunId>(now);
    job.idempotency_key = key;
    job.request_digest = sha256_hex("request " + key);
    job.team = team;
    job.title = "restart the web server";
    job.source = "http";
    job.bundle = sha256_hex("bundle");
    job.inputs = JsonText{R"({"service":"web"})"};
    job.at = now;
    job.append = entropy.make_id<AppendId>(now);
    job.body = R"([{"type":"run.created"}])";
    return job;
  }

  ports::Append new_append(RunId run, Seq seq, std::string body = R"([{"type":"step.ready"}])") {
    now += Millis{1};
    ports::Append append;
    append.run = run;
    append.seq = seq;
    append.id = entropy.make_id<AppendId>(now);
    append.owner = me;
    append.at = now;
    append.body = std::move(body);
    return append;
  }
  ports::Append ending(RunId run, Seq seq, ports::RunState state = ports::RunState::completed,
                       const std::string& reason = "") {
    auto append = new_append(run, seq, R"([{"type":"run.finished"}])");
    append.end = ports::RunEnd{state, reason};
    return append;
  }

  ports::AppendOutcome append(const ports::Append& append) {
    return await<ports::AppendOutcome>([&](auto done) { store->journal().append(append, done); });
  }
  std::vector<ports::JournalRow> read(RunId run, Seq from = 0, std::size_t limit = 1000) {
    return *ask<std::vector<ports::JournalRow>>(
        [&](auto done) { store->journal().read(run, from, limit, done); });
  }

  ports::FoldPage fold(RunId run) {
    return *ask<ports::FoldPage>([&](auto done) { store->journal().read_fold(run, done); });
  }
  void keep(RunId run, IncarnationId owner, const ports::Snapshot& snapshot) {
    (void)*ask<Unit>([&](auto done) { store->journal().put_snapshot(run, owner, snapshot, done); });
  }
  ports::RetentionReport retain(const std::vector<ports::RetentionRule>& rules,
                                std::uint32_t limit = 100) {
    return *ask<ports::RetentionReport>(
        [&](auto done) { store->retention().retain(rules, now, limit, done); });
  }

  Result<bool> put(const ports::ArtifactPart& part) {
    return ask<bool>([&](auto done) { store->artifacts().put(part, done); });
  }
  std::optional<ports::ArtifactPiece> piece(RunId run, const std::string& hash,
                                            std::uint64_t from = 0) {
    return *ask<std::optional<ports::ArtifactPiece>>(
        [&](auto done) { store->artifacts().read(run, hash, from, done); });
  }
  std::vector<ports::ArtifactRow> artifacts(RunId run, const std::string& after = "",
                                            std::uint32_t limit = 100) {
    return *ask<std::vector<ports::ArtifactRow>>(
        [&](auto done) { store->artifacts().list(run, after, limit, done); });
  }
  void refer(RunId run, RunId from, const std::string& text) {
    (void)*ask<Unit>([&](auto done) { store->artifacts().refer(run, from, text, now, done); });
  }
  std::string token_key() {
    return *ask<std::string>([&](auto done) { store->artifacts().token_key(done); });
  }

  Result<ports::Submitted> submit(const ports::NewJob& job) {
    return ask<ports::Submitted>([&](auto done) { store->jobs().submit(job, done); });
  }
  std::future<Result<ports::Submitted>> submit_later(const ports::NewJob& job) {
    auto answer = std::make_shared<std::promise<Result<ports::Submitted>>>();
    store->jobs().submit(job,
                         [answer](auto submitted) { answer->set_value(std::move(submitted)); });
    return answer->get_future();
  }
  Result<ports::AlertReceipt> accept(const ports::AlertBatch& batch) {
    return ask<ports::AlertReceipt>([&](auto done) { store->jobs().accept_alerts(batch, done); });
  }
  std::future<Result<ports::AlertReceipt>> accept_later(const ports::AlertBatch& batch) {
    auto answer = std::make_shared<std::promise<Result<ports::AlertReceipt>>>();
    store->jobs().accept_alerts(batch,
                                [answer](auto receipt) { answer->set_value(std::move(receipt)); });
    return answer->get_future();
  }
  Result<bool> post(RunId run, const std::string& id, const std::string& kind = "signal",
                    const std::string& body = R"({"name":"go","body":1})") {
    const ports::InboxRow row{id, kind, JsonText{body}, now};
    return ask<bool>([&](auto done) { store->jobs().post_inbox(run, row, done); });
  }
  std::vector<ports::InboxRow> inbox(RunId run, std::uint64_t after = 0,
                                     std::uint32_t limit = 1000) {
    return *ask<std::vector<ports::InboxRow>>(
        [&](auto done) { store->jobs().read_inbox(run, after, limit, done); });
  }
  std::vector<RunId> inboxes_waiting(IncarnationId owner) {
    return *ask<std::vector<RunId>>([&](auto done) { store->jobs().inboxes_waiting(owner, done); });
  }
  ports::ParkOutcome park(RunId run, IncarnationId owner, std::optional<Instant> wake_at) {
    return *ask<ports::ParkOutcome>(
        [&](auto done) { store->jobs().park(run, owner, wake_at, done); });
  }
  std::optional<Instant> next_due(Instant horizon) {
    return *ask<std::optional<Instant>>([&](auto done) { store->jobs().next_due(horizon, done); });
  }
  Rows claim(IncarnationId owner, std::uint32_t limit = 100, std::vector<ports::Lane> full = {}) {
    return *ask<Rows>([&](auto done) { store->jobs().claim(owner, limit, now, full, done); });
  }
  Rows claim(std::uint32_t limit = 100) { return claim(me, limit); }
  void release(RunId run, IncarnationId owner) {
    (void)*ask<Unit>([&](auto done) { store->jobs().release(run, owner, done); });
  }
  Result<> put_document(const std::string& hash, const std::string& body) {
    return ask<Unit>([&](auto done) { store->jobs().put_document(hash, "bundle", body, done); });
  }
  Result<std::string> document(const std::string& hash) {
    return ask<std::string>([&](auto done) { store->jobs().get_document(hash, done); });
  }
  std::vector<ports::JobRow> jobs(const ports::JobFilter& filter = {}) {
    return *ask<std::vector<ports::JobRow>>(
        [&](auto done) { store->jobs().list_jobs(filter, done); });
  }
  std::optional<ports::JobRow> job(JobId id) {
    return *ask<std::optional<ports::JobRow>>([&](auto done) { store->jobs().get_job(id, done); });
  }
  Rows runs(const ports::JobFilter& filter = {}) {
    return *ask<Rows>([&](auto done) { store->jobs().list_runs(filter, done); });
  }
  std::optional<ports::RunRow> run(RunId id) {
    return *ask<std::optional<ports::RunRow>>([&](auto done) { store->jobs().get_run(id, done); });
  }

  bool renew(IncarnationId incarnation, bool bus_up = true) {
    return *ask<bool>([&](auto done) { store->membership().renew(incarnation, bus_up, done); });
  }
  std::vector<ports::PeerRow> peers() {
    return *ask<std::vector<ports::PeerRow>>([&](auto done) { store->membership().peers(done); });
  }
  bool fence(IncarnationId incarnation, std::uint64_t seen_beat = 0) {
    return *ask<bool>([&](auto done) { store->membership().fence(incarnation, seen_beat, done); });
  }
  void leave(IncarnationId incarnation) {
    (void)*ask<Unit>([&](auto done) { store->membership().leave(incarnation, done); });
  }

  std::unique_ptr<store::Store> store;
  SeededEntropy entropy;
  Instant now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}};
  IncarnationId me;
};

} // namespace troupe::support
