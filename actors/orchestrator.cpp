#include "actors/orchestrator.hpp"

#include <map>

#include "actors/fault.hpp"
#include "actors/run.hpp"
#include "runtime/log.hpp"

namespace troupe::actors {
namespace {

/// Finds what a lost wake-up left behind: unclaimed runs, unread inboxes.
constexpr auto sweep_interval = std::chrono::seconds{2};
constexpr std::uint32_t claim_at_once = 256;

struct Refold { // own timer
  RunId run;
};
struct RunLookedUp { // from the store: a run that is not here
  Incoming question;
  Result<std::optional<ports::RunRow>> row;
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
    if (claiming_ || !context_->vitals->joined || context_->vitals->draining) return;
    claiming_ = true;
    context_->jobs->claim(context_->vitals->owner(), claim_at_once,
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
    if (claimed.runs->size() == claim_at_once) claim();
  }

  void sweep() {
    claim();
    for (const auto& [id, run] : runs_) send(run.actor, WakeRun{id});
    delayed_send(this, sweep_interval, Tick{});
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

  void wake_run(RunId id) {
    if (const auto run = runs_.find(id); run != runs_.end()) send(run->second.actor, WakeRun{id});
  }

  // ---- the bus

  void route(Incoming& in) {
    const RunId id = in.message.context.run;
    if (std::holds_alternative<message::RunSignal>(in.message.body)) return wake_run(id);
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
  bool claiming_ = false;
};

} // namespace

caf::actor spawn_orchestrator(caf::actor_system& system, Context context) {
  return system.spawn<Orchestrator>(std::move(context));
}

} // namespace troupe::actors
