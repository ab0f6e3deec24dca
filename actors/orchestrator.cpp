#include "actors/orchestrator.hpp"

#include <map>
#include <set>

#include "actors/counted.hpp"
#include "actors/fault.hpp"
#include "actors/run.hpp"
#include "runtime/log.hpp"
#include "runtime/supervision/parking.hpp"

namespace troupe::actors {
namespace {

/// Finds what a lost wake-up left behind: unclaimed runs, unread inboxes.
constexpr auto sweep_interval = std::chrono::seconds{2};
static_assert(sweep_interval * 2 <= limits::wake_look_ahead); // each sweep looks ahead afresh
constexpr auto store_retry = std::chrono::milliseconds{500};
constexpr std::size_t claim_at_once = 256;

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
struct ParkAnswered {
  ParkRun asked;
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

class Orchestrator final : public caf::event_based_actor {
 public:
  Orchestrator(caf::actor_config& config, Context context)
      : event_based_actor{config},
        context_{std::move(context)},
        bundles_{std::make_shared<BundleCache>()} {}

  const char* name() const override { return "orchestrator"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "orchestrator");
    set_down_handler([this](const caf::down_msg& down) { run_down(down); });
    for (const auto& row : context_->owned->list()) start(row); // after a crash of this actor
    if (context_->vitals->joined) claim();
    delayed_send(this, sweep_interval, Tick{});
    return {
        [this](Joined) { claim(); },
        [this](ClaimNow) { claim(); },
        [this](Claimed& claimed) { take(claimed); },
        [this](Tick) { sweep(); },
        [this](Incoming& in) { route(in); },
        [this](RunLookedUp& found) { answer_for_absent(found); },
        [this](const WakeRun& wake) { wake_run(wake.run); },
        [this](const SleeperLookedUp& found) { wake_elsewhere(found); },
        [this](const InboxesWaiting& inboxes) {
          if (!inboxes.runs) return; // asked again by the next sweep
          for (const auto id : *inboxes.runs) tell_run(id, WakeRun{id});
        },
        [this](const ParkRun& ask) { park(ask); },
        [this](const ParkAnswered& answer) { parked(answer); },
        [this](const NextDue& due) {
          if (due.at && *due.at) expect(**due.at);
        },
        [this](WakeParked) {
          if (wake_timer_.ring(context_->now())) claim();
        },
        [this](const NodeIsGone& gone) {
          for (const auto& [id, run] : runs_)
            send(run.actor, Happened{supervision::NodeGone{gone.incarnation}});
        },
        [this](const RunEnded& ended) { forget(ended.run); },
        [this](const OwnershipLost& lost) {
          forget(lost.run);
          context_->jobs->release(
              lost.run, context_->vitals->owner(),
              [self = handle_of(this)](Result<>) { caf::anon_send(self, ClaimNow{}); });
        },
        [this](Fenced) { drop_all(); },
        [this](const Refold& refold) {
          if (const auto row = context_->owned->find(refold.run)) start(*row);
        },
        [](InjectFault) { crash(); },
    };
  }

  void on_exit() override { stop_runs(); }

 private:
  struct Owned {
    caf::actor actor;
  };

  // ---- claiming

  void claim() {
    if (!context_->vitals->joined || context_->vitals->draining) return;
    full_ = runs_.size() >= limits::runs_owned_max;
    claim_again_ = claiming_;
    if (full_ || claiming_) return;
    claiming_ = true;
    const auto now = context_->now();
    asked_for_ = std::min(limits::runs_owned_max - runs_.size(), claim_at_once);
    wake_timer_.claimed(now);
    context_->jobs->claim(context_->vitals->owner(), static_cast<std::uint32_t>(asked_for_), now,
                          [self = handle_of(this)](Result<std::vector<ports::RunRow>> runs) {
                            caf::anon_send(self, Claimed{std::move(runs)});
                          });
  }

  void take(Claimed& claimed) {
    claiming_ = false;
    context_->vitals->store_up = claimed.runs.ok();
    if (!claimed.runs)
      return log::warn("runs.claim_failed",
                       {{"actor", "orchestrator"}, {"reason", claimed.runs.error().message}});
    for (const auto& row : *claimed.runs) {
      context_->owned->add(row);
      start(row);
    }
    if (claim_again_ || claimed.runs->size() == asked_for_) return claim();
    context_->jobs->next_due(context_->now() + limits::wake_look_ahead,
                             [self = handle_of(this)](Result<std::optional<Instant>> at) {
                               caf::anon_send(self, NextDue{std::move(at)});
                             });
  }

  void sweep() {
    claim();
    if (!runs_.empty())
      context_->jobs->inboxes_waiting(context_->vitals->owner(),
                                      [self = handle_of(this)](Result<std::vector<RunId>> runs) {
                                        caf::anon_send(self, InboxesWaiting{std::move(runs)});
                                      });
    delayed_send(this, sweep_interval, Tick{});
  }

  // ---- parking

  void park(const ParkRun& ask) {
    context_->jobs->park(ask.run, context_->vitals->owner(), ask.until,
                         [self = handle_of(this), ask](Result<ports::ParkOutcome> outcome) {
                           caf::anon_send(self, ParkAnswered{ask, std::move(outcome)});
                         });
  }

  void parked(const ParkAnswered& answer) {
    const auto& [ask, outcome] = answer;
    if (!runs_.contains(ask.run)) return;
    if (!outcome)
      return delayed_send(this, store_retry, ask); // it may be parked: ask until it is known
    if (*outcome == ports::ParkOutcome::inbox_waiting) return tell_run(ask.run, NotParked{ask.run});
    stop(ask.run);
    if (*outcome == ports::ParkOutcome::not_owner)
      return log::warn("run.ownership_lost", {{"actor", "orchestrator"}, {"run", ask.run}});
    context_->metrics->add(counted::runs_parked);
    log::debug("run.parked", {{"actor", "orchestrator"}, {"run", ask.run}});
    if (ask.until && *ask.until <= context_->now() + limits::wake_look_ahead) expect(*ask.until);
  }

  void expect(Instant due) {
    if (const auto at = wake_timer_.expect(due))
      delayed_send(this, std::max(*at - context_->now(), Millis{0}), WakeParked{});
  }

  // ---- runs

  void start(const ports::RunRow& row) {
    if (runs_.contains(row.id)) return;
    auto actor = spawn_run(this, context_, bundles_, row.id, row.bundle);
    monitor(actor);
    runs_[row.id] = {actor};
    context_->actors->set("run:" + to_string(row.id), actor);
    context_->vitals->runs_owned = static_cast<std::uint32_t>(runs_.size());
  }

  void forget(RunId id) {
    runs_.erase(id);
    crashes_.erase(id);
    context_->owned->remove(id);
    context_->actors->remove("run:" + to_string(id));
    context_->vitals->runs_owned = static_cast<std::uint32_t>(runs_.size());
    if (full_ && runs_.size() + claim_at_once <= limits::runs_owned_max) claim();
  }

  /// A run that ended otherwise than in order is folded afresh, the sooner the rarer it crashes.
  void run_down(const caf::down_msg& down) {
    for (const auto& [id, run] : runs_) {
      if (run.actor.address() != down.source) continue;
      const RunId crashed = id;
      runs_.erase(crashed);
      const auto crashes = std::min(++crashes_[crashed], 8u);
      const auto wait = std::chrono::milliseconds{50 << crashes};
      log::error("run.refold", {{"actor", "orchestrator"},
                                {"run", crashed},
                                {"reason", describe(down.reason)},
                                {"in_ms", wait.count()}});
      delayed_send(this, wait, Refold{crashed});
      return;
    }
  }

  void stop(RunId id) {
    const auto actor = runs_.at(id).actor;
    forget(id); // first: it ends in order
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }

  template <class Message>
  void tell_run(RunId id, Message message) {
    if (const auto run = runs_.find(id); run != runs_.end())
      send(run->second.actor, std::move(message));
  }

  void stop_runs() {
    for (const auto& [id, run] : runs_) {
      context_->actors->remove("run:" + to_string(id));
      caf::anon_send_exit(run.actor, caf::exit_reason::user_shutdown);
    }
    runs_.clear();
  }

  void drop_all() {
    stop_runs();
    context_->owned->clear();
    context_->vitals->runs_owned = 0;
  }

  /// Something is in the inbox of a run: here, at another node, or it was parked and is free now.
  void wake_run(RunId id) {
    if (runs_.contains(id)) return tell_run(id, WakeRun{id});
    if (!looking_up_.insert(id).second) return;
    context_->jobs->get_run(id,
                            [self = handle_of(this), id](Result<std::optional<ports::RunRow>> row) {
                              caf::anon_send(self, SleeperLookedUp{id, std::move(row)});
                            });
  }

  void wake_elsewhere(const SleeperLookedUp& found) {
    looking_up_.erase(found.run);
    if (!found.row || !*found.row || (**found.row).state != ports::RunState::running) return;
    const auto& row = **found.row;
    if (!row.owner) return claim();
    if (*row.owner == context_->vitals->owner()) return tell_run(row.id, WakeRun{row.id});
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

  void route(Incoming& in) {
    const RunId id = in.message.context.run;
    if (std::holds_alternative<message::RunSignal>(in.message.body))
      return tell_run(id, WakeRun{id});
    const auto run = runs_.find(id);
    if (run == runs_.end()) return look_up(in);
    if (std::holds_alternative<message::WhoIs>(in.message.body))
      return answer(in, message::Here{context_->node(), context_->vitals->owner()});
    send(run->second.actor, std::move(in));
  }

  void look_up(const Incoming& in) {
    if (in.reply_to.empty()) return;
    context_->jobs->get_run(in.message.context.run,
                            [self = handle_of(this), in](Result<std::optional<ports::RunRow>> row) {
                              caf::anon_send(self, RunLookedUp{in, std::move(row)});
                            });
  }

  /// For a run that this node does not have: who has it; or, when it is over, that nobody waits any
  /// more.
  void answer_for_absent(const RunLookedUp& found) {
    const auto& in = found.question;
    if (!found.row) return; // the executor asks again
    const auto& row = *found.row;
    const bool over = !row || row->state != ports::RunState::running;
    if (std::holds_alternative<message::WhoIs>(in.message.body)) {
      if (row && row->owner) return answer(in, message::Here{row->owner_node, *row->owner});
      return answer(in, message::NotHere{over ? "the run is over" : "nobody owns the run now"});
    }
    if (!over) return answer(in, message::NotHere{"this node does not own the run"});
    std::visit(Overloaded{
                   [&](const message::ActivityReserve& m) {
                     answer(in, message::ActivityDiscarded{m.key, "the run is over"});
                   },
                   [&](const message::ActivitySettle& m) {
                     answer(in, message::ActivityDiscarded{m.key, "the run is over"});
                   },
                   [&](const auto&) { answer(in, message::TaskDiscarded{"the run is over"}); },
               },
               in.message.body);
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
  std::map<RunId, Owned> runs_;
  std::map<RunId, unsigned> crashes_;
  std::set<RunId> looking_up_; // one question for each, however much is posted meanwhile
  supervision::WakeTimer wake_timer_;
  bool claiming_ = false, claim_again_ = false;
  bool full_ = false;         // claims wait for runs to end
  std::size_t asked_for_ = 0; // by the claim under way
};

} // namespace

caf::actor spawn_orchestrator(caf::actor_system& system, Context context) {
  return system.spawn<Orchestrator>(std::move(context));
}

} // namespace troupe::actors
