#include "actors/run.hpp"

#include <deque>
#include <set>

#include "actors/counted.hpp"
#include "actors/fault.hpp"
#include "actors/group.hpp"
#include "runtime/log.hpp"

namespace troupe::actors {
namespace {

using namespace supervision;

constexpr std::size_t stimuli_per_decision_max = 64;
constexpr std::size_t stimuli_max = 10'000; // beyond it messages are dropped: executors repeat them
constexpr auto store_retry = std::chrono::milliseconds{500};

struct Reload {}; // own timer, after the store could not be reached
struct Folded {
  std::shared_ptr<Result<RunState>> state;
};
template <class T>
void actor_message(const T&);

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string{} : path.substr(0, slash);
}

class Run final : public caf::event_based_actor {
 public:
  Run(caf::actor_config& config, Context context, std::shared_ptr<BundleCache> bundles, RunId id,
      std::string bundle_hash)
      : event_based_actor{config},
        context_{std::move(context)},
        bundles_{std::move(bundles)},
        id_{id},
        bundle_hash_{std::move(bundle_hash)} {}

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
        [this](Incoming& in) { receive(in); },
        [this](Happened& happened) { enqueue(std::move(happened.what)); },
        [this](PlaceAnswer& answer) { placed(answer); },
        [this](Offered& offer) { offered(offer); },
        [this](const Appended& appended) { this->appended(appended); },
        [this](const ChildStarted& started) { child_started(started); },
        [this](const ChildCrashed& crashed) { child_crashed(crashed.path, crashed.reason); },
        [this](const WakeRun&) { read_inbox(); },
        [this](const NotParked&) { read_inbox(); },
        [](InjectFault) { crash(); },
    };
  }

  void on_exit() override {
    context_->actors->tell("dispatcher", WithdrawRequest{id_, {}});
    context_->actors->remove("step:" + to_string(id_) + '/');
    if (root_) caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
    root_ = {};
    handles_.clear();
    machine_.reset();
  }

 private:
  // ---- folding

  void load() {
    read_run(context_, bundles_, id_, bundle_hash_,
             [self = handle_of(this)](Result<RunState> state) {
               caf::anon_send(self, Folded{std::make_shared<Result<RunState>>(std::move(state))});
             });
  }

  void folded(const Folded& folded) {
    if (!*folded.state) {
      log::warn("run.load_failed",
                {{"actor", "run"}, {"run", id_}, {"reason", folded.state->error().message}});
      return delayed_send(this, store_retry, Reload{});
    }
    if ((*folded.state)->finished) return ended();
    machine_ = std::make_unique<RunMachine>(std::move(**folded.state), entropy_);
    read_inbox(); // the first decision has to know what waits: the run may be about to end
  }

  void read_inbox() {
    if (!machine_) return; // read once the fold is done
    context_->jobs->read_inbox(id_, 0, limits::inbox_page_rows,
                               [self = handle_of(this)](Result<std::vector<ports::InboxRow>> rows) {
                                 caf::anon_send(self, InboxPage{std::move(rows)});
                               });
  }

  void inbox_read(InboxPage& page) {
    if (!page.rows) {
      // Later on the orchestrator's sweep asks again.
      if (!adopted_) delayed_send(this, store_retry, WakeRun{id_});
      return;
    }
    if (!std::exchange(adopted_, true))
      stimuli_.push_front(Adopt{context_->node(), context_->vitals->owner()});
    std::erase_if(*page.rows, [&](const auto& row) { return !inbox_seen_.insert(row.id).second; });
    if (!page.rows->empty()) stimuli_.push_back(InboxRead{std::move(*page.rows)});
    pump();
  }

  // ---- deciding

  void receive(Incoming& in) {
    if (stimuli_.size() >= stimuli_max) return;
    const ReplyToken token = ++last_token_;
    if (!in.reply_to.empty()) replies_[token] = {std::move(in.reply_to), in.from};
    enqueue(Received{token, std::move(in.message)});
  }

  void enqueue(Stimulus stimulus) {
    stimuli_.push_back(std::move(stimulus));
    pump();
  }

  void pump() {
    if (busy_ || !adopted_ || stimuli_.empty()) return;
    busy_ = true;
    const auto count = std::min(stimuli_.size(), stimuli_per_decision_max);
    const std::vector<Stimulus> batch{
        std::make_move_iterator(stimuli_.begin()),
        std::make_move_iterator(stimuli_.begin() + static_cast<std::ptrdiff_t>(count))};
    stimuli_.erase(stimuli_.begin(), stimuli_.begin() + static_cast<std::ptrdiff_t>(count));
    for (const auto& stimulus : batch)
      if (const auto* received = std::get_if<Received>(&stimulus))
        batch_tokens_.push_back(received->reply);
    decided_at_ = context_->now();
    decision_ = machine_->decide(batch, decided_at_);
    place_or_append();
  }

  void place_or_append() {
    if (decision_.wanted.empty()) return append();
    placing_ = true;
    send(context_->actors->find("dispatcher"), PlaceRequest{std::exchange(decision_.wanted, {})});
  }

  void placed(PlaceAnswer& answer) {
    if (!std::exchange(placing_, false)) return;
    machine_->place(answer.placements, decided_at_, decision_);
    place_or_append();
  }

  /// A step that waited for a node can have one.
  void offered(Offered& offer) {
    offers_.push_back(std::move(offer.placement));
    take_offers();
  }

  void take_offers() {
    if (busy_ || !adopted_ || offers_.empty()) return;
    busy_ = true;
    decided_at_ = context_->now();
    decision_ = {};
    machine_->place(std::exchange(offers_, {}), decided_at_, decision_);
    place_or_append();
  }

  void append() {
    auto& applied =
        decision_.inbox_applied; // rows leave the inbox with the next append, whichever that is
    inbox_applied_.insert(inbox_applied_.end(), applied.begin(), applied.end());
    if (decision_.events.empty()) return perform();
    ports::Append append;
    append.run = id_;
    append.seq = machine_->take_seq();
    append.id = entropy_.make_id<AppendId>(decided_at_);
    append.owner = context_->vitals->owner();
    append.at = decided_at_;
    append.body = encode(decision_.events);
    append.inbox_applied = std::exchange(inbox_applied_, {});
    append.end = decision_.end;
    appending_ = append.id;
    send(context_->actors->find("journal_writer"), AppendRequest{std::move(append)});
  }

  void appended(const Appended& done) {
    if (done.id != appending_) return;
    appending_ = {};
    switch (done.outcome) {
      case ports::AppendOutcome::durable: return perform();
      case ports::AppendOutcome::ownership_lost:
        log::warn("run.ownership_lost", {{"actor", "run"}, {"run", id_}});
        context_->actors->tell("orchestrator", OwnershipLost{id_});
        return quit(caf::exit_reason::user_shutdown);
      case ports::AppendOutcome::inbox_waiting: // the run may not end past a signal it has not seen
        log::info("run.inbox_first", {{"actor", "run"}, {"run", id_}});
        return quit(
            caf::make_error(caf::sec::runtime_error, "signals arrived before the end: fold again"));
    }
  }

  // ---- performing, once durable

  void perform() {
    for (const auto& event : decision_.events) report(event);
    const auto effects = std::exchange(decision_, {}).effects;
    for (const auto& effect : effects) std::visit([this](const auto& e) { perform(e); }, effect);
    for (const auto token : batch_tokens_) replies_.erase(token);
    batch_tokens_.clear();
    busy_ = false;
    take_offers();
    pump();
  }

  void perform(const StartActor& e) {
    if (!e.step.empty()) return tell(parent_of(e.step), StartChild{e.step, e.group});
    root_ = spawn_group(this, context_, id_, "", handle_of(this));
    monitor(root_);
    context_->actors->set("step:" + to_string(id_) + '/', root_);
    child_started({"", root_});
  }
  void perform(const StopActor& e) {
    if (e.step.empty()) return;
    tell(parent_of(e.step), StopChild{e.step});
    handles_.erase(e.step);
    undelivered_.erase(e.step);
  }
  void perform(const SendAssignment& e) { tell(e.step, Perform{e, epoch()}); }
  void perform(const AskStatus& e) { tell(e.step, Perform{e, epoch()}); }
  void perform(const CancelAttempt& e) { tell(e.step, Perform{e, epoch()}); }
  void perform(const ArmTimer& e) { tell(e.step, Perform{e, epoch()}); }
  void perform(const Reply& e) {
    const auto reply = replies_.find(e.reply);
    if (reply == replies_.end()) return;
    if (std::holds_alternative<message::ActivityGranted>(e.body) && !context_->vitals->may_grant())
      return;
    const auto sent = context_->link->answer(
        reply->second.subject, context_->link->make("run", reply->second.node + "/-",
                                                    {id_, e.step, 0, e.attempt, epoch()}, e.body));
    if (!sent)
      log::debug("run.reply_not_sent",
                 {{"actor", "run"}, {"run", id_}, {"reason", sent.error().message}});
  }
  void perform(const ReleaseCredit& e) {
    context_->actors->tell("dispatcher", CreditReturned{e.incarnation});
  }
  void perform(const WithdrawPlacement& e) {
    context_->actors->tell("dispatcher", WithdrawRequest{id_, e.step});
  }
  void perform(const EndRun&) { ended(); }

  void ended() {
    context_->actors->tell("orchestrator", RunEnded{id_});
    quit(caf::exit_reason::user_shutdown);
  }

  Epoch epoch() const { return machine_->state().epoch; }

  void report(const Event& event) const {
    auto& metrics = *context_->metrics;
    std::visit(
        Overloaded{
            [&](const AttemptAssigned&) { metrics.add(counted::attempts_assigned); },
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

  // ---- supervising

  /// To the actor of a step or group; kept until it has started.
  template <class Message>
  void tell(const std::string& path, Message message) {
    if (const auto actor = handles_.find(path); actor != handles_.end())
      send(actor->second, std::move(message));
    else
      undelivered_[path].push_back(caf::make_message(std::move(message)));
  }

  void child_started(const ChildStarted& started) {
    handles_[started.path] = started.child;
    const auto waiting = undelivered_.extract(started.path);
    if (waiting.empty()) return;
    for (auto& message : waiting.mapped()) send(started.child, message);
  }

  /// Folds the crashed actor afresh, and what stands below it; too many crashes within a minute are
  /// a failure.
  void child_crashed(const std::string& path, const std::string& reason) {
    log::error("actor.refold",
               {{"actor", "run"}, {"run", id_}, {"step", path}, {"reason", reason}});
    auto& crashes = crashes_[path];
    const auto now = context_->now();
    std::erase_if(crashes, [&](Instant at) { return at < now - std::chrono::minutes{1}; });
    crashes.push_back(now);
    const std::string below = path.empty() ? "" : path + '/';
    std::erase_if(handles_, [&](const auto& item) {
      return item.first == path || item.first.starts_with(below);
    });
    std::erase_if(undelivered_, [&](const auto& item) {
      return item.first == path || item.first.starts_with(below);
    });
    if (!machine_) return;
    if (crashes.size() > limits::crashes_per_minute_max) return enqueue(StepCrashed{path});
    for (const auto& effect : machine_->refold(path, now))
      std::visit([this](const auto& e) { perform(e); }, effect);
  }

  struct ReplyAddress {
    std::string subject, node;
  };

  Context context_;
  std::shared_ptr<BundleCache> bundles_;
  RunId id_;
  std::string bundle_hash_;
  SystemEntropy entropy_;
  std::unique_ptr<RunMachine> machine_;

  std::deque<Stimulus> stimuli_;
  std::vector<placement::Placement> offers_;
  std::set<std::string> inbox_seen_;
  std::vector<std::string> inbox_applied_;
  bool adopted_ = false; // the first decision may be made
  bool busy_ = false, placing_ = false;
  Decision decision_;
  Instant decided_at_{};
  AppendId appending_;
  ReplyToken last_token_ = 0;
  std::map<ReplyToken, ReplyAddress> replies_;
  std::vector<ReplyToken> batch_tokens_;

  caf::actor root_;
  std::map<std::string, caf::actor> handles_;
  std::map<std::string, std::vector<caf::message>> undelivered_;
  std::map<std::string, std::vector<Instant>> crashes_;
};

} // namespace

caf::actor spawn_run(caf::event_based_actor* supervisor, Context context,
                     std::shared_ptr<BundleCache> bundles, RunId id, std::string bundle_hash) {
  return supervisor->spawn<Run>(std::move(context), std::move(bundles), id, std::move(bundle_hash));
}

} // namespace troupe::actors
