#include "actors/operations.hpp"

#include <boost/json.hpp>

#include "actors/protocol.hpp"
#include "actors/run_reader.hpp"
#include "runtime/json_value.hpp"
#include "runtime/supervision/run_view.hpp"

namespace troupe::actors {
namespace {

using namespace supervision;

Error not_ready(std::string_view part) {
  return make_error(ErrorClass::no_capacity,
                    "the " + std::string{part} + " is starting again; ask once more");
}

class NodeOperations final : public ports::Operations {
 public:
  NodeOperations(caf::actor_system& system, Context context)
      : system_{system}, context_{std::move(context)} {}

  void submit(ports::JobRequest request, Done<ports::Submitted> done) override {
    tell_intake(SubmitJob{std::move(request), std::move(done)});
  }
  void alertmanager(std::string body, Done<JsonText> done) override {
    tell_intake(AlertsPosted{std::move(body), std::move(done)});
  }

  void signal(RunId run, std::string name, JsonText body, Done<bool> done) override {
    boost::json::object content{{"name", name}, {"body", read_json(body.text).value()}};
    post(run, "signal", std::move(content), std::move(done));
  }
  void cancel(RunId run, std::string reason, Done<bool> done) override {
    post(run, "cancel", {{"reason", reason}}, std::move(done));
  }

  void jobs(ports::JobFilter filter, Done<std::vector<ports::JobRow>> done) override {
    context_->jobs->list_jobs(std::move(filter), std::move(done));
  }
  void job(JobId id, Done<std::optional<ports::JobRow>> done) override {
    context_->jobs->get_job(id, std::move(done));
  }
  void runs(ports::JobFilter filter, Done<std::vector<ports::RunRow>> done) override {
    context_->jobs->list_runs(std::move(filter), std::move(done));
  }

  void run(RunId id, Done<JsonText> done) override {
    context_->jobs->get_run(id, [context = context_, bundles = bundles_,
                                 done = std::move(done)](Result<std::optional<ports::RunRow>> row) {
      if (!row) return done(row.error());
      if (!*row) return done(JsonText{});
      read_run(context, bundles, (*row)->id, (*row)->bundle,
               [row = **row, done](Result<RunState> state) {
                 if (!state) return done(state.error());
                 done(view_run(*state, row)); // folded from the journal: the truth for views too
               });
    });
  }

  void events(RunId id, std::optional<Seq> after, std::uint32_t limit,
              Done<JsonText> done) override {
    const Seq from = after ? *after + 1 : 0;
    context_->jobs->get_run(id, [context = context_, id, from, limit,
                                 done = std::move(done)](Result<std::optional<ports::RunRow>> row) {
      if (!row) return done(row.error());
      if (!*row) return done(JsonText{});
      context->journal->read(id, from, limit, [done](Result<std::vector<ports::JournalRow>> rows) {
        if (!rows) return done(rows.error());
        done(view_events(*rows));
      });
    });
  }

  void nodes(Done<std::vector<ports::NodeStatus>> done) override {
    const auto dispatcher = context_->actors->find("dispatcher");
    if (!dispatcher) return done(not_ready("dispatcher"));
    system_.spawn([dispatcher, done](caf::event_based_actor* self) {
      self->request(dispatcher, std::chrono::seconds{2}, ListNodes{})
          .then([done](NodesListed& listed) { done(std::move(listed.nodes)); },
                [done](const caf::error&) { done(not_ready("dispatcher")); });
    });
  }

  ports::Health health() const override {
    ports::Health health;
    health.bus_up = context_->link->up();
    health.store_up = context_->vitals->store_up;
    health.joined = context_->vitals->joined;
    const bool draining = context_->vitals->draining;
    health.ready = health.bus_up && health.store_up && health.joined && !draining;
    if (!health.bus_up)
      health.reason = "NATS cannot be reached";
    else if (!health.store_up)
      health.reason = "Postgres cannot be reached";
    else if (!health.joined)
      health.reason = "the node has not joined the cluster yet";
    else if (draining)
      health.reason = "the node is draining";
    return health;
  }

 private:
  template <class Message>
  void tell_intake(Message message) {
    const auto intake = context_->actors->find("intake");
    if (!intake) return message.done(not_ready("intake"));
    caf::anon_send(intake, std::move(message));
  }

  void post(RunId run, std::string kind, boost::json::object body, Done<bool> done) {
    ports::InboxRow row;
    row.at = context_->now();
    row.id = to_string(SystemEntropy{}.make_id<MessageId>(row.at));
    row.kind = std::move(kind);
    row.body = JsonText{boost::json::serialize(body)};
    context_->jobs->post_inbox(run, std::move(row),
                               [context = context_, run, done](Result<bool> posted) {
                                 if (posted) context->actors->tell("orchestrator", WakeRun{run});
                                 done(std::move(posted));
                               });
  }

  caf::actor_system& system_;
  Context context_;
  std::shared_ptr<BundleCache> bundles_ = std::make_shared<BundleCache>();
};

} // namespace

std::unique_ptr<ports::Operations> make_operations(caf::actor_system& system, Context context) {
  return std::make_unique<NodeOperations>(system, std::move(context));
}

} // namespace troupe::actors
