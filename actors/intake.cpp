#include "actors/intake.hpp"

#include <boost/json.hpp>

#include "actors/fault.hpp"
#include "runtime/intake/new_job.hpp"
#include "runtime/log.hpp"

namespace troupe::actors {
namespace {

JsonText receipt_json(const ports::AlertReceipt& receipt) {
  boost::json::array jobs;
  for (const auto& job : receipt.jobs) jobs.emplace_back(to_string(job));
  boost::json::object out{{"accepted", receipt.accepted},
                          {"duplicates", receipt.duplicates},
                          {"jobs", std::move(jobs)}};
  return JsonText{boost::json::serialize(out)};
}

struct DocumentStored {
  std::string hash;
};
template <class T>
void actor_message(const T&);

class Intake final : public caf::event_based_actor {
 public:
  Intake(caf::actor_config& config, Context context)
      : event_based_actor{config}, context_{std::move(context)} {}

  const char* name() const override { return "intake"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "intake");
    return {
        [this](SubmitJob& submit) { this->submit(submit); },
        [this](AlertsPosted& posted) { accept(posted); },
        [this](const DocumentStored& document) { stored_ = document.hash; },
        [](InjectFault) { crash(); },
    };
  }

 private:
  void submit(SubmitJob& submit) {
    const auto team = intake::find_team(context_->teams, submit.request.team);
    if (!team) return submit.done(team.error());
    auto prepared = intake::prepare_job(**team, submit.request, context_->now(), entropy_);
    if (!prepared) return submit.done(prepared.error());
    prepared->job.owner = context_->vitals->taker();
    auto write = [context = context_, job = std::move(prepared->job), done = submit.done] {
      context->jobs->submit(job, [context, job, done](Result<ports::Submitted> submitted) {
        if (submitted && !submitted->duplicate) {
          log::info("job.created",
                    {{"actor", "intake"}, {"job", submitted->job}, {"run", submitted->run}});
          submitted->owned ? arrive(*context, job)
                           : context->actors->tell("orchestrator", ClaimNow{});
        }
        done(std::move(submitted));
      });
    };
    after_document(*prepared->bundle, std::move(write), submit.done);
  }

  void accept(AlertsPosted& posted) {
    const auto webhook = intake::parse_webhook(posted.body);
    if (!webhook) return posted.done(webhook.error());
    auto prepared = intake::prepare_alerts(context_->teams, *webhook, context_->now(), entropy_);
    if (!prepared) return posted.done(prepared.error());
    if (webhook->first_firing() != nullptr && !prepared->batch.job_if_needed)
      log::warn(
          "alerts.no_route",
          {{"actor", "intake"}, {"receiver", webhook->receiver}, {"group", webhook->group_key}});
    auto write = [context = context_, batch = std::move(prepared->batch), done = posted.done] {
      context->jobs->accept_alerts(batch, [context, done](Result<ports::AlertReceipt> receipt) {
        if (!receipt) return done(receipt.error());
        wake(*context, *receipt);
        done(receipt_json(*receipt));
      });
    };
    if (!prepared->bundle) return write();
    after_document(*prepared->bundle, std::move(write), posted.done);
  }

  /// The document first: a job must never name one that is not there.
  template <class Write, class Done>
  void after_document(const config::Bundle& bundle, Write write, Done done) {
    if (stored_ == bundle.hash) return write();
    context_->jobs->put_document(
        bundle.hash, "bundle", bundle.body,
        [self = handle_of(this), hash = bundle.hash, write = std::move(write),
         done = std::move(done)](Result<> stored) {
          if (!stored) return done(stored.error());
          caf::anon_send(self, DocumentStored{hash});
          write();
        });
  }

  /// Its run is this node's.
  static void arrive(const NodeContext& context, const ports::NewJob& job) {
    ports::RunRow row;
    row.id = job.run;
    row.job = job.id;
    row.bundle = job.bundle;
    row.owner = job.owner;
    row.owner_node = context.node();
    row.created_at = job.at;
    if (context.arrivals->add({std::move(row), {0, job.append, job.at, job.body}}))
      context.actors->tell("orchestrator", TakeArrivals{});
  }

  static void wake(const NodeContext& context, const ports::AlertReceipt& receipt) {
    log::info(
        "alerts.accepted",
        {{"actor", "intake"}, {"accepted", receipt.accepted}, {"duplicates", receipt.duplicates}});
    if (receipt.started) context.actors->tell("orchestrator", ClaimNow{});
    for (const auto& run : receipt.signalled) context.actors->tell("orchestrator", WakeRun{run});
  }

  Context context_;
  SystemEntropy entropy_;
  std::string stored_; // hash of the document written last
};

} // namespace

caf::actor spawn_intake(caf::actor_system& system, Context context) {
  return system.spawn<Intake>(std::move(context));
}

} // namespace troupe::actors
