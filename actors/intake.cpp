#include "actors/intake.hpp"

#include <boost/json.hpp>

#include "actors/counted.hpp"
#include "actors/fault.hpp"
#include "runtime/intake/new_job.hpp"
#include "runtime/log.hpp"
#include "runtime/sha256.hpp"

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

using Answer = std::function<void(Result<JsonText>)>;

class Intake final : public caf::event_based_actor {
 public:
  Intake(caf::actor_config& config, Context context)
      : event_based_actor{config}, context_{std::move(context)} {}

  const char* name() const override { return "intake"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "intake");
    return {
        [this](SubmitJob& submit) { this->submit(submit); },
        [this](AlertsPosted& posted) { accept(posted.body, std::move(posted.done)); },
        [this](EventInjected& injected) { take(injected); },
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
    start(*std::move(prepared), std::move(submit.done));
  }

  void start(intake::PreparedJob prepared, std::function<void(Result<ports::Submitted>)> done) {
    prepared.job.owner = context_->vitals->taker().of(prepared.job.lane());
    auto write = [context = context_, job = std::move(prepared.job), done] {
      context->jobs->submit(job, [context, job, done](Result<ports::Submitted> submitted) {
        if (submitted && !submitted->duplicate) {
          log::info("job.created",
                    {{"actor", "intake"}, {"job", submitted->job}, {"run", submitted->run}});
          submitted->owned ? arrive(*context, job) : have_claimed(*context, job.lane());
        }
        done(std::move(submitted));
      });
    };
    after_document(*prepared.bundle, std::move(write), std::move(done));
  }

  void accept(std::string_view body, Answer done) {
    const auto webhook = intake::parse_webhook(body);
    if (!webhook) return done(webhook.error());
    auto prepared = intake::prepare_alerts(context_->teams, *webhook, context_->now(), entropy_);
    if (!prepared) return done(prepared.error());
    if (webhook->first_firing() != nullptr && !prepared->batch.job_if_needed)
      log::warn(
          "alerts.no_route",
          {{"actor", "intake"}, {"receiver", webhook->receiver}, {"group", webhook->group_key}});
    auto write = [context = context_, batch = std::move(prepared->batch), done] {
      context->jobs->accept_alerts(batch,
                                   [context, batch, done](Result<ports::AlertReceipt> receipt) {
                                     if (!receipt) return done(receipt.error());
                                     if (receipt->started)
                                       have_claimed(*context, batch.job_if_needed->lane());
                                     wake(*context, *receipt);
                                     done(receipt_json(*receipt));
                                   });
    };
    if (!prepared->bundle) return write();
    after_document(*prepared->bundle, std::move(write), std::move(done));
  }

  void take(EventInjected& injected) {
    const auto& event = injected.event;
    context_->metrics->add(counted::events_injected, {{"in", event.channel}});
    auto done = injected.keep ? keeping(event, std::move(injected.done)) : injected.done;
    if (event.channel == "alertmanager") return accept(event.payload, std::move(done));
    const auto read = intake::read_cloud_event(event);
    if (!read) return done(read.error());
    auto prepared = intake::prepare_event(context_->teams, event, *read, context_->now(), entropy_);
    if (!prepared) return done(prepared.error());
    start(*std::move(prepared), [done = std::move(done)](const Result<ports::Submitted>& job) {
      if (!job) return done(job.error());
      done(JsonText{boost::json::serialize(boost::json::object{{"job", to_string(job->job)},
                                                               {"run", to_string(job->run)},
                                                               {"duplicate", job->duplicate}})});
    });
  }

  /// What cannot be used is kept for a person to see to.
  Answer keeping(intake::Injected event, Answer done) const {
    return [context = context_, event = std::move(event),
            done = std::move(done)](Result<JsonText> outcome) {
      if (outcome || outcome.error().error_class != ErrorClass::invalid_input)
        return done(std::move(outcome));
      const auto& reason = outcome.error().message;
      log::warn(
          "event.set_aside",
          {{"actor", "intake"}, {"in", event.channel}, {"by", event.sender}, {"reason", reason}});
      context->metrics->add(counted::events_set_aside, {{"in", event.channel}});
      const auto id = sha256_hex(event.channel + '\n' + event.place).substr(0, 16);
      context->dead_letters->put(
          {id, event.channel, context->now(), reason, intake::encode_injected(event)},
          [id, done](Result<> kept) {
            if (!kept) return done(kept.error());
            done(JsonText{boost::json::serialize(boost::json::object{{"dead_letter", id}})});
          });
    };
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
    row.lane = job.lane();
    if (context.arrivals->add({std::move(row), {0, job.append, job.at, job.body}}))
      context.actors->tell("orchestrator", TakeArrivals{});
  }

  /// A run that waits for somebody to claim it. One of which this node has its share waits for an
  /// end.
  static void have_claimed(const NodeContext& context, const ports::Lane& lane) {
    if (context.vitals->taker().has_room(lane)) context.actors->tell("orchestrator", ClaimNow{});
  }

  static void wake(const NodeContext& context, const ports::AlertReceipt& receipt) {
    log::info(
        "alerts.accepted",
        {{"actor", "intake"}, {"accepted", receipt.accepted}, {"duplicates", receipt.duplicates}});
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
