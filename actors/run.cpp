#include "actors/run.hpp"

#include <map>

#include "actors/child_runs.hpp"
#include "actors/counted.hpp"
#include "actors/fault.hpp"
#include "actors/group.hpp"
#include "actors/item_lists.hpp"
#include "actors/step.hpp"
#include "runtime/intake/new_job.hpp"
#include "runtime/log.hpp"
#include "runtime/supervision/child_run.hpp"
#include "runtime/supervision/run_driver.hpp"

namespace troupe::actors {
namespace {

using namespace supervision;

constexpr auto store_retry = std::chrono::milliseconds{500};

struct Reload {}; // own timer, after the store could not be reached
struct Folded {
  std::shared_ptr<Result<RunState>> state;
};
struct ChildMissing { // its start did not get through
  RunId run;
};
template <class T>
void actor_message(const T&);

/// Whose actor supervises it: the group it stands in. An undo outlives that: the root does.
std::string supervisor_of(const std::string& path) {
  if (path.ends_with(plan::undo_suffix)) return {};
  const auto cut = path.ends_with(']') ? path.rfind('[') : path.rfind('/');
  return cut == std::string::npos ? std::string{} : path.substr(0, cut);
}

/// `path` itself, or what its group supervises: with the root everything, but an undo only with it.
bool stands_in(const std::string& other, const std::string& path) {
  if (path.empty() || other == path) return true;
  if (other.ends_with(plan::undo_suffix)) return false;
  return other.starts_with(path + '/') || other.starts_with(path + '[');
}

class Run final : public caf::event_based_actor, private RunPort {
 public:
  Run(caf::actor_config& config, Context context, std::shared_ptr<BundleCache> bundles,
      const ports::RunRow& row, std::optional<ports::JournalRow> first)
      : event_based_actor{config},
        context_{std::move(context)},
        bundles_{std::move(bundles)},
        id_{row.id},
        owner_{row.owner.value_or(IncarnationId{})},
        bundle_hash_{row.bundle},
        first_{std::move(first)} {}

  const char* name() const override { return "run"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "run " + to_string(id_));
    set_down_handler([this](const caf::down_msg& down) {
      if (!ended_in_order(down.reason)) child_crashed("", describe(down.reason)); // the root group
    });
    load();
    return {
        [this](const Folded& folded) { this->folded(folded); },
        [this](InboxPage& page) { inbox_read(page); },
        [this](Reload) { load(); },
        [this](Incoming& in) {
          driver_.receive(std::move(in.message), {std::move(in.reply_to), in.from}, now());
        },
        [this](Happened& happened) { driver_.happen(std::move(happened.what), now()); },
        [this](PlaceAnswer& answer) { driver_.placed(answer.placements, now()); },
        [this](Offered& offer) { driver_.offered(std::move(offer.placement), now()); },
        [this](const Appended& done) { driver_.appended(done.id, done.outcome, now()); },
        [this](const ChildCrashed& crashed) { child_crashed(crashed.path, crashed.reason); },
        [this](const WakeRun&) { read_inbox(); },
        [this](const NotParked&) {
          driver_.not_parked(now());
          read_inbox();
        },
        [this](const ChildMissing& missing) { child_missing(missing.run); },
        [this](const AskStore& again) { perform(again.what); },
        [this](HandOver) { driver_.hand_over(); },
        [](InjectFault) { crash(); },
    };
  }

  void on_exit() override {
    context_->actors->tell("dispatcher", WithdrawRequest{id_, {}, handed_over_});
    context_->actors->remove("step:" + to_string(id_) + '/');
    end_actors("");
  }

 private:
  Instant now() const { return context_->now(); }

  // ---- folding

  void load() {
    const auto done = [self = handle_of(this)](Result<RunState> state) {
      caf::anon_send(self, Folded{std::make_shared<Result<RunState>>(std::move(state))});
    };
    if (first_)
      fold_new_run(context_, bundles_, id_, bundle_hash_, *first_, done);
    else
      read_run(context_, bundles_, id_, bundle_hash_, done);
  }

  void folded(const Folded& folded) {
    if (!*folded.state) {
      log::warn("run.load_failed",
                {{"actor", "run"}, {"run", id_}, {"reason", folded.state->error().message}});
      return delayed_send(this, store_retry, Reload{});
    }
    if ((*folded.state)->finished) return leave(RunExit::finished);
    driver_.begin(std::move(**folded.state), {context_->node(), owner_});
    // The first decision has to know what waits: the run may be about to end.
    std::exchange(first_, std::nullopt) ? driver_.inbox_read({}, now()) : read_inbox();
  }

  void read_inbox() {
    if (!driver_.begun()) return; // read once the fold is done
    context_->jobs->read_inbox(id_, driver_.inbox_after(), limits::inbox_page_rows,
                               [self = handle_of(this)](Result<std::vector<ports::InboxRow>> rows) {
                                 caf::anon_send(self, InboxPage{std::move(rows)});
                               });
  }

  void inbox_read(InboxPage& page) {
    if (page.rows) {
      const bool full = page.rows->size() >= limits::inbox_page_rows;
      driver_.inbox_read(std::move(*page.rows), now());
      if (full) read_inbox();
      return;
    }
    // Later on the orchestrator's sweep asks again.
    if (!driver_.adopted()) delayed_send(this, store_retry, WakeRun{id_});
  }

  // ---- what the driver asks for

  void place(std::vector<placement::PlacementRequest> wanted) override {
    send(context_->actors->find("dispatcher"), PlaceRequest{std::move(wanted)});
  }

  void append(ports::Append append) override {
    send(context_->actors->find("journal_writer"), AppendRequest{std::move(append)});
  }

  void park(std::optional<Instant> until) override {
    context_->actors->tell("orchestrator", ParkRun{id_, until});
  }

  void keep(ports::Snapshot snapshot) override {
    context_->journal->put_snapshot(id_, owner_, std::move(snapshot), [run = id_](Result<> kept) {
      if (!kept)
        log::debug("run.snapshot_not_kept",
                   {{"actor", "run"}, {"run", run}, {"reason", kept.error().message}});
    });
  }

  Millis steady() const override { return boot_time(); }

  bool may_grant() const override { return context_->vitals->may_grant(); }

  void perform(const Effect& effect) override {
    std::visit(
        Overloaded{
            [this](const StartActor& e) { start(e); }, [this](const StopActor& e) { stop(e); },
            [this](const ReleaseCredit& e) {
              context_->actors->tell("dispatcher", CreditReturned{id_, e});
            },
            [this](const HoldPermits& e) {
              context_->actors->tell("dispatcher", PermitsHeld{e.placed});
            },
            [this](const WithdrawPlacement& e) {
              context_->actors->tell("dispatcher", WithdrawRequest{id_, e.step});
            },
            [this](const ArmTimer& e) { arm(e); },
            [this](const WatchNode& e) {
              context_->actors->tell("dispatcher", WatchIncarnation{e.incarnation});
            },
            [this](const StartChildRun& e) { start_child_run(e); },
            [this](const CancelChildRun& e) { post_row(context_, e.run, inbox_row(e, now())); },
            [this](const AskChildRun& e) { ask_child_run(e.run); },
            [this](const AskTool& e) { ask_tool(e); },
            [this](const StoreArtifact& e) { store_list(context_, handle_of(this), id_, e); },
            [this](const ReadArtifact& e) { read_list(context_, handle_of(this), id_, e); },
            [this](const TellParent& e) { tell_parent(context_, id_, e); }, [](const Reply&) {},
            [](const EndRun&) {},   // the driver's own
            [this](const auto& e) { // what concerns one step
              tell(e.step, Perform{e, driver_.state().epoch});
            }},
        effect);
  }

  void cancel(message::Outgoing message, std::size_t attempts) override {
    context_->link->ask(
        message, limits::cancel_answer_timeout, "run",
        [context = context_, run = id_, attempts, node = message.recipient,
         began = boot_time()](const Result<message::AgentMessage>& answer) {
          if (answer) {
            context->metrics->add(counted::cancels_acknowledged, {}, static_cast<double>(attempts));
            context->metrics->observe(counted::cancel_seconds, {},
                                      static_cast<double>((boot_time() - began).count()) / 1000);
          } else {
            log::warn("attempt.cancel_unanswered", {{"actor", "run"},
                                                    {"run", run},
                                                    {"peer", node},
                                                    {"reason", answer.error().message}});
          }
        });
  }

  void notify(message::Outgoing message) override {
    if (const auto sent = context_->link->publish(std::move(message), "run"); !sent)
      log::debug("run.message_not_sent",
                 {{"actor", "run"}, {"run", id_}, {"reason", sent.error().message}});
  }

  void ask_tool(const AskTool& e) {
    message::Outgoing out{"tool", e.recipient, e.recipient + "/tool_server", {}, e.question};
    out.context = {id_, e.step, e.iteration, 0, driver_.state().epoch};
    context_->link->ask(std::move(out), limits::reconcile_answer_timeout, "run",
                        [self = handle_of(this), step = e.step,
                         nonce = e.nonce](const Result<message::AgentMessage>& answer) {
                          caf::anon_send(self, Happened{told_by_tool(step, nonce, answer)});
                        });
  }

  void answer(const ReplyAddress& to, message::Context context, message::Body body) override {
    const auto sent = context_->link->answer(
        to.subject,
        context_->link->make("run", to.node + "/-", std::move(context), std::move(body)));
    if (!sent)
      log::debug("run.reply_not_sent",
                 {{"actor", "run"}, {"run", id_}, {"reason", sent.error().message}});
  }

  void leave(RunExit exit) override {
    if (exit == RunExit::fold_again) {
      log::info("run.inbox_first", {{"actor", "run"}, {"run", id_}});
      return quit(
          caf::make_error(caf::sec::runtime_error, "signals arrived before the end: fold again"));
    }
    if (exit == RunExit::ownership_lost)
      log::warn("run.ownership_lost", {{"actor", "run"}, {"run", id_}});
    handed_over_ = exit == RunExit::handed_over;
    context_->actors->tell("orchestrator", RunLeft{id_, owner_, exit});
    quit(caf::exit_reason::user_shutdown);
  }

  void committed(const Event& event) override {
    auto& metrics = *context_->metrics;
    std::visit(
        Overloaded{
            [&](const AttemptAssigned&) { metrics.add(counted::attempts_assigned); },
            [&](const AttemptReturned&) {
              metrics.add(counted::attempts_ended, {{"as", "returned"}});
            },
            [&](const AttemptStopped&) {
              metrics.add(counted::attempts_ended, {{"as", "stopped"}});
            },
            [&](const AttemptLost& e) {
              metrics.add(counted::attempts_ended, {{"as", "lost"}});
              log::warn("attempt.lost", {{"actor", "run"},
                                         {"run", id_},
                                         {"step", e.step},
                                         {"attempt", e.attempt},
                                         {"peer", e.node}});
            },
            [&](const AttemptFailed& e) {
              metrics.add(counted::attempts_ended, {{"as", "failed"}});
              log::warn("attempt.failed", {{"actor", "run"},
                                           {"run", id_},
                                           {"step", e.step},
                                           {"attempt", e.attempt},
                                           {"class", to_string(e.error.error_class)},
                                           {"reason", e.error.message}});
            },
            [&](const StepCompleted& e) {
              if (e.attempt > 0) metrics.add(counted::attempts_ended, {{"as", "completed"}});
              log::info("step.completed",
                        {{"actor", "run"}, {"run", id_}, {"step", e.step}, {"attempt", e.attempt}});
            },
            [&](const RunAdopted& e) {
              if (e.epoch > 1) metrics.add(counted::runs_adopted);
              log::info("run.adopted", {{"actor", "run"}, {"run", id_}, {"epoch", e.epoch}});
            },
            [&](const RunFinished& e) {
              metrics.add(counted::runs_finished, {{"state", ports::to_string(e.state)}});
              log::info("run.finished", {{"actor", "run"},
                                         {"run", id_},
                                         {"state", ports::to_string(e.state)},
                                         {"reason", e.reason}});
            },
            [](const auto&) {},
        },
        event);
  }

  void arm(const ArmTimer& e) {
    delayed_send(this, std::max(e.due - now(), Millis{0}),
                 Happened{TimerDue{e.step, e.kind, e.attempt}});
  }

  // ---- child runs

  void start_child_run(const StartChildRun& e) {
    start_child(context_, intake::prepare_child(driver_.state(), e, now()));
  }

  /// Answered by ChildReported; started again if it is not there.
  void ask_child_run(RunId child) {
    ask_child(context_, bundles_, id_, child,
              [self = handle_of(this), child](const std::optional<ChildReported>& found) {
                found ? caf::anon_send(self, Happened{*found})
                      : caf::anon_send(self, ChildMissing{child});
              });
  }

  void child_missing(RunId child) {
    if (!driver_.begun()) return;
    if (const auto start = start_of(driver_.state(), child)) start_child_run(*start);
  }

  // ---- supervising

  void start(const StartActor& e) {
    end_actors(e.step); // one whose group crashed before it heard of it
    const auto actor = e.group ? spawn_group(this, context_, id_, e.step)
                               : spawn_step(this, context_, id_, e.step);
    handles_[e.step] = actor;
    if (!e.step.empty()) return tell(supervisor_of(e.step), Supervise{e.step, actor});
    monitor(actor); // the root: this run's own child
    context_->actors->set("step:" + to_string(id_) + '/', actor);
  }

  void stop(const StopActor& e) {
    if (!e.step.empty()) end_actors(e.step);
  }

  /// Of `path` and of what stands below it: their groups may not have heard of them yet.
  void end_actors(const std::string& path) {
    for (auto at = handles_.lower_bound(path);
         at != handles_.end() && at->first.starts_with(path);) {
      if (!stands_in(at->first, path)) {
        ++at;
        continue;
      }
      caf::anon_send_exit(at->second, caf::exit_reason::user_shutdown);
      at = handles_.erase(at);
    }
  }

  /// To the actor of a step or group. Between its crash and its refold nobody is there: the refold
  /// tells it anew.
  template <class Message>
  void tell(const std::string& path, Message message) {
    if (const auto actor = handles_.find(path); actor != handles_.end())
      send(actor->second, std::move(message));
  }

  /// Whatever stood below a crashed actor goes with it.
  void child_crashed(const std::string& path, const std::string& reason) {
    log::error("actor.refold",
               {{"actor", "run"}, {"run", id_}, {"step", path}, {"reason", reason}});
    end_actors(path);
    driver_.child_crashed(path, now());
  }

  Context context_;
  std::shared_ptr<BundleCache> bundles_;
  RunId id_;
  IncarnationId owner_;
  std::string bundle_hash_;
  std::optional<ports::JournalRow> first_;
  bool handed_over_ = false;
  SystemEntropy entropy_;
  RunDriver driver_{id_, entropy_, *this};

  std::map<std::string, caf::actor> handles_; // of the steps and groups, by path; the root's: ""
};

} // namespace

caf::actor spawn_run(caf::event_based_actor* supervisor, Context context,
                     std::shared_ptr<BundleCache> bundles, const ports::RunRow& row,
                     std::optional<ports::JournalRow> first) {
  return supervisor->spawn<Run>(std::move(context), std::move(bundles), row, std::move(first));
}

} // namespace troupe::actors
