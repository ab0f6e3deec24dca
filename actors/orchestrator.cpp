#include "actors/orchestrator.hpp"

#include <map>
#include <set>
#include <unordered_map>

#include "actors/counted.hpp"
#include "actors/fault.hpp"
#include "actors/run.hpp"
#include "runtime/log.hpp"
#include "runtime/supervision/kept_runs.hpp"

namespace troupe::actors {
namespace {

constexpr auto sweep_interval = std::chrono::seconds{2};
static_assert(sweep_interval * 2 <= limits::wake_look_ahead); // each sweep looks ahead afresh
constexpr auto store_retry = std::chrono::milliseconds{500};

struct Refold { // own timer
  RunId run;
};
struct WakeParked {}; // own timer: parked runs are due
// from the store
struct RunLookedUp { // a run that is not here, and that somebody asked after
  Incoming question;
  Result<std::optional<ports::RunRow>> row;
};
struct SleeperLookedUp { // a run that is not here, and whose inbox has got something
  RunId run;
  Result<std::optional<ports::RunRow>> row;
};
struct ParkAgain { // own timer
  supervision::ParkAsk ask;
};
struct ParkAnswered {
  supervision::ParkAsk ask;
  Result<ports::ParkOutcome> outcome;
};
struct NextDue {
  Result<std::optional<Instant>> at;
};
struct InboxesWaiting {
  Result<std::vector<RunId>> runs;
};
template <class T>
void actor_message(const T&);

class Orchestrator final : public caf::event_based_actor, private supervision::KeeperPort {
 public:
  Orchestrator(caf::actor_config& config, Context context)
      : event_based_actor{config},
        context_{std::move(context)},
        bundles_{std::make_shared<BundleCache>()},
        kept_{*context_->kept} {}

  const char* name() const override { return "orchestrator"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "orchestrator");
    set_down_handler([this](const caf::down_msg& down) { run_down(down); });
    kept_.attach(*this); // after a crash of this actor
    if (context_->vitals->joined) kept_.owner_is(context_->vitals->owner(), now());
    take_arrivals();
    delayed_send(this, sweep_interval, Tick{});
    return {
        [this](const Joined& joined) { kept_.owner_is(joined.owner, now()); },
        [this](Fenced) { kept_.owner_is(std::nullopt, now()); },
        [this](ClaimNow) { claim(); },
        [this](TakeArrivals) { take_arrivals(); },
        [this](Tick) { sweep(); },
        [this](Incoming& in) { route(in); },
        [this](const RunLookedUp& found) { answer_for_absent(found); },
        [this](const WakeRun& wake) { wake_run(wake.run); },
        [this](const SleeperLookedUp& found) { wake_elsewhere(found); },
        [this](const InboxesWaiting& inboxes) { kept_.inboxes_found(inboxes.runs); },
        [this](const ParkRun& ask) { kept_.park(ask.run, ask.until); },
        [this](const ParkAgain& again) { kept_.park_again(again.ask); },
        [this](const ParkAnswered& answer) { parked(answer); },
        [this](const NextDue& due) { kept_.due_found(due.at); },
        [this](WakeParked) { kept_.rang(now()); },
        [this](const NodeIsSilent& silent) {
          tell_runs(supervision::NodeSilent{silent.incarnation});
        },
        [this](const NodeIsGone& gone) {
          tell_runs(supervision::NodeGone{gone.incarnation, gone.in_order});
        },
        [this](const RunLeft& run) { left(run); },
        [this](const Refold& refold) { kept_.start_due(refold.run); },
        [this](HandOver) { kept_.hand_over(); },
        [](InjectFault) { crash(); },
    };
  }

  void on_exit() override {
    for (const auto& [id, actor] : actors_) {
      context_->actors->remove(run_part(id));
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    }
    actors_.clear();
    by_actor_.clear();
  }

 private:
  Instant now() const { return context_->now(); }

  /// Sends this actor a Message around the answer of the store.
  template <class Message, class T>
  auto tells() {
    return [self = handle_of(this)](Result<T> answer) {
      caf::anon_send(self, Message{std::move(answer)});
    };
  }

  // ---- claiming

  void claim() {
    kept_.draining(context_->vitals->draining);
    kept_.claim(now());
  }

  void claim(IncarnationId owner, std::uint32_t limit, std::vector<ports::Lane> full) override {
    context_->jobs->claim(owner, limit, now(), std::move(full),
                          [context = context_](Arrivals::Claim runs) {
                            if (context->arrivals->add(std::move(runs)))
                              context->actors->tell("orchestrator", TakeArrivals{});
                          });
  }

  void take_arrivals() {
    auto arrived = context_->arrivals->take();
    for (const auto& claim : arrived.claims) {
      context_->vitals->store_up = claim.ok();
      if (!claim)
        log::warn("runs.claim_failed",
                  {{"actor", "orchestrator"}, {"reason", claim.error().message}});
      kept_.claimed(claim, now());
    }
    for (auto& run : arrived.runs) kept_.given(run.row, std::move(run.first));
    count();
  }

  void sweep() {
    kept_.draining(context_->vitals->draining);
    kept_.sweep(now());
    delayed_send(this, sweep_interval, Tick{});
  }

  void find_due(Instant horizon) override {
    context_->jobs->next_due(horizon, tells<NextDue, std::optional<Instant>>());
  }

  void find_inboxes(IncarnationId owner) override {
    context_->jobs->inboxes_waiting(owner, tells<InboxesWaiting, std::vector<RunId>>());
  }

  void release(RunId run, IncarnationId owner) override {
    context_->jobs->release(
        run, owner, [self = handle_of(this)](Result<>) { caf::anon_send(self, ClaimNow{}); });
  }

  // ---- parking

  void ring_at(Instant due) override {
    delayed_send(this, std::max(due - now(), Millis{0}), WakeParked{});
  }

  void park(const supervision::ParkAsk& ask, IncarnationId owner) override {
    context_->jobs->park(ask.run, owner, ask.until,
                         [self = handle_of(this), ask](Result<ports::ParkOutcome> outcome) {
                           caf::anon_send(self, ParkAnswered{ask, std::move(outcome)});
                         });
  }

  void park_later(const supervision::ParkAsk& ask) override {
    delayed_send(this, store_retry, ParkAgain{ask});
  }

  void not_parked(RunId run) override { tell_run(run, NotParked{run}); }

  void parked(const ParkAnswered& answer) {
    const auto& [ask, outcome] = answer;
    const bool here = kept_.has(ask.run);
    kept_.parked(ask, outcome, now());
    count();
    if (!here || !outcome) return;
    if (*outcome == ports::ParkOutcome::not_owner)
      log::warn("run.ownership_lost", {{"actor", "orchestrator"}, {"run", ask.run}});
    if (*outcome != ports::ParkOutcome::parked) return;
    context_->metrics->add(counted::runs_parked);
    log::debug("run.parked", {{"actor", "orchestrator"}, {"run", ask.run}});
  }

  // ---- runs

  void start(const ports::RunRow& row) override { start(row, std::nullopt); }
  void start_new(const ports::RunRow& row, ports::JournalRow first) override {
    start(row, std::move(first));
  }
  void start(const ports::RunRow& row, std::optional<ports::JournalRow> first) {
    if (actors_.contains(row.id)) return;
    const auto actor = spawn_run(this, context_, bundles_, row, std::move(first));
    monitor(actor);
    actors_[row.id] = actor;
    by_actor_[actor.id()] = row.id;
    context_->actors->set(run_part(row.id), actor);
  }

  void start_later(RunId run, Millis after) override { delayed_send(this, after, Refold{run}); }

  void stop(RunId run) override {
    const auto found = actors_.find(run);
    if (found == actors_.end()) return;
    const auto actor = found->second;
    forget(run); // first: it ends in order
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }

  bool hand_over(RunId run) override {
    tell_run(run, HandOver{});
    return actors_.contains(run);
  }

  void nothing_kept() override {
    count();
    context_->actors->tell("membership", LeaveCluster{});
  }

  void wake(RunId run) override { tell_run(run, WakeRun{run}); }

  void left(const RunLeft& run) {
    forget(run.id);
    kept_.left(run.id, run.owner, run.exit, now());
    count();
  }

  void forget(RunId run) {
    if (const auto actor = actors_.extract(run)) by_actor_.erase(actor.mapped().id());
    context_->actors->remove(run_part(run));
  }

  void count() {
    context_->vitals->runs_owned = static_cast<std::uint32_t>(kept_.size());
    context_->vitals->set_taker(kept_.taker());
  }

  template <class Message>
  void tell_run(RunId run, Message message) {
    if (const auto actor = actors_.find(run); actor != actors_.end())
      send(actor->second, std::move(message));
  }

  void tell_runs(const supervision::Stimulus& what) {
    for (const auto& [id, actor] : actors_) send(actor, Happened{what});
  }

  void run_down(const caf::down_msg& down) {
    const auto known = by_actor_.extract(down.source.id());
    if (!known) return; // it had left
    const RunId crashed = known.mapped();
    actors_.erase(crashed);
    context_->actors->remove(run_part(crashed));
    const auto wait = kept_.crashed(crashed);
    log::error("run.refold", {{"actor", "orchestrator"},
                              {"run", crashed},
                              {"reason", describe(down.reason)},
                              {"in_ms", wait.count()}});
  }

  /// Something is in the inbox of a run: here, at another node, or it was parked and is free now.
  void wake_run(RunId run) {
    if (actors_.contains(run)) return wake(run);
    if (!looking_up_.insert(run).second) return;
    context_->jobs->get_run(
        run, [self = handle_of(this), run](Result<std::optional<ports::RunRow>> row) {
          caf::anon_send(self, SleeperLookedUp{run, std::move(row)});
        });
  }

  void wake_elsewhere(const SleeperLookedUp& found) {
    looking_up_.erase(found.run);
    if (!found.row || !*found.row || (**found.row).state != ports::RunState::running) return;
    const auto& row = **found.row;
    if (!row.owner) return claim();
    if (*row.owner == context_->vitals->owner()) return wake(row.id);
    message::Context about;
    about.run = row.id;
    const auto sent = context_->link->publish(
        "run", row.owner_node,
        context_->link->make("orchestrator", row.owner_node + "/orchestrator", std::move(about),
                             message::RunSignal{"inbox"}));
    if (!sent) // its owner's sweep finds it
      log::debug("run.wake_not_sent",
                 {{"actor", "orchestrator"}, {"reason", sent.error().message}});
  }

  // ---- the bus

  /// The bus bridge gives the runs that are here what concerns them; one may have come meanwhile.
  void route(Incoming& in) {
    const RunId id = in.message.context.run;
    if (std::holds_alternative<message::RunSignal>(in.message.body)) return wake(id);
    const auto run = actors_.find(id);
    if (run == actors_.end()) return look_up(in);
    if (std::holds_alternative<message::WhoIs>(in.message.body))
      return answer(in, message::Here{context_->node(), context_->vitals->owner()});
    send(run->second, std::move(in));
  }

  void look_up(const Incoming& in) {
    if (in.reply_to.empty()) return;
    context_->jobs->get_run(in.message.context.run,
                            [self = handle_of(this), in](Result<std::optional<ports::RunRow>> row) {
                              caf::anon_send(self, RunLookedUp{in, std::move(row)});
                            });
  }

  void answer_for_absent(const RunLookedUp& found) {
    if (!found.row) return; // the executor asks again
    answer(found.question, supervision::answer_for_absent(found.question.message.body, *found.row));
  }

  void answer(const Incoming& in, message::Body body) {
    auto context = in.message.context;
    context.epoch = 0; // says nothing about whose turn it is
    const auto sent = context_->link->answer(
        in.reply_to,
        context_->link->make("orchestrator", in.from + "/-", std::move(context), std::move(body)));
    if (!sent)
      log::debug("orchestrator.reply_not_sent",
                 {{"actor", "orchestrator"}, {"reason", sent.error().message}});
  }

  Context context_;
  std::shared_ptr<BundleCache> bundles_;
  supervision::KeptRuns& kept_;
  std::map<RunId, caf::actor> actors_;
  std::unordered_map<caf::actor_id, RunId> by_actor_;
  std::set<RunId> looking_up_; // one question for each, however much is posted meanwhile
};

} // namespace

caf::actor spawn_orchestrator(caf::actor_system& system, Context context) {
  return system.spawn<Orchestrator>(std::move(context));
}

} // namespace troupe::actors
