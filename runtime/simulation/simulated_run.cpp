#include "runtime/simulation/simulated_run.hpp"

#include "runtime/intake/new_job.hpp"
#include "runtime/limits.hpp"
#include "runtime/simulation/auditor.hpp"
#include "runtime/simulation/orchestrator_node.hpp"
#include "runtime/simulation/simulated_bus.hpp"
#include "runtime/simulation/simulated_store.hpp"
#include "runtime/simulation/world.hpp"
#include "runtime/supervision/child_run.hpp"
#include "runtime/supervision/item_list.hpp"
#include "runtime/supervision/snapshot.hpp"

namespace troupe::simulation {

using namespace supervision;

namespace {

constexpr Millis store_retry{500};
constexpr Seq snapshot_rows = 8; // runs are short here

} // namespace

/// What actors/step is: gone when its run stops it, and its timers with it.
class SimulatedRun::Step final : public std::enable_shared_from_this<Step>, private StepPort {
 public:
  Step(OrchestratorNode& node, RunId run, std::string path, std::weak_ptr<SimulatedRun> owner)
      : node_{node}, owner_{std::move(owner)}, driver_{run, std::move(path), *this} {}

  void perform(const Effect& effect, Epoch epoch) { driver_.perform(effect, epoch, node_.date()); }

 private:
  void ask(AttemptNumber attempt, message::Outgoing message) override {
    node_.boundary("before it asks about an attempt");
    node_.world().bus().request(
        node_, "run", message, limits::assignment_answer_timeout,
        [step = weak_from_this(), attempt](const Result<message::AgentMessage>& answer) {
          if (const auto self = step.lock()) self->driver_.answered(attempt, answer);
        });
    node_.boundary("after it asked about an attempt");
  }
  void ask_later(AttemptNumber attempt, Millis after) override {
    node_.timer(after, [step = weak_from_this(), attempt] {
      if (const auto self = step.lock()) self->driver_.status_due(attempt);
    });
  }
  void happened(Stimulus what) override {
    if (const auto run = owner_.lock()) run->happen(std::move(what));
  }
  void ended(message::AgentMessage end, const std::string& node) override {
    if (const auto run = owner_.lock())
      node_.post(Time{0}, [run, end = std::move(end), node] {
        if (!run->over_) run->receive({end, "", node});
      });
  }
  void refused(IncarnationId node) override { node_.queue().take_credit(node); }

  OrchestratorNode& node_;
  std::weak_ptr<SimulatedRun> owner_;
  StepDriver driver_;
};

SimulatedRun::SimulatedRun(OrchestratorNode& node, const ports::RunRow& row)
    : node_{node}, row_{row}, driver_{row.id,        node.entropy(),
                                      *this,         node.world().rules(),
                                      snapshot_rows, node.world().scenario().inline_bytes_max} {}

Instant SimulatedRun::date() const { return node_.date(); }

template <class... Args>
auto SimulatedRun::later(void (SimulatedRun::*what)(Args...)) {
  return [self = weak_from_this(), what](Args... args) {
    if (const auto run = self.lock(); run && !run->over_) ((*run).*what)(std::move(args)...);
  };
}

// ---- folding

void SimulatedRun::load() {
  node_.world().store().read(node_, row_.id, later(&SimulatedRun::folded));
}

void SimulatedRun::begin_new(ports::JournalRow first) {
  if (begin({{}, {std::move(first)}, false})) driver_.inbox_read({}, date());
}

void SimulatedRun::folded(Result<ports::FoldPage> page) {
  if (!page) return node_.timer(store_retry, later(&SimulatedRun::load));
  if (begin(*page)) read_inbox();
}

bool SimulatedRun::begin(const ports::FoldPage& page) {
  auto state = fold(row_.id, row_.bundle, page);
  if (!state) return false;
  if (state->finished) return leave(RunExit::finished), false;
  driver_.begin(*std::move(state), {node_.name(), row_.owner.value_or(IncarnationId{})});
  return true;
}

/// Nothing, and a violation, if it cannot be done.
std::optional<RunState> SimulatedRun::fold(RunId run, const std::string& bundle_hash,
                                           const ports::FoldPage& page) {
  auto& auditor = node_.world().auditor();
  const auto& bundle = node_.world().bundle(bundle_hash);
  std::optional<RunState> state = make_run_state(run, bundle);
  if (page.snapshot) state = restore(run, bundle, *page.snapshot);
  if (!state) {
    auditor.violated("a_snapshot_can_be_read", "of append " + std::to_string(page.snapshot->seq));
  } else if (const auto done = fold_rows(*state, page.rows); !done) {
    auditor.violated("journal_can_be_folded", done.error().message);
    state.reset();
  }
  return state;
}

void SimulatedRun::read_inbox() {
  if (driver_.begun())
    node_.world().store().read_inbox(
        node_, row_.id, node_.world().rules().inbox_row_applied_once ? driver_.inbox_after() : 0,
        later(&SimulatedRun::inbox_read));
}

void SimulatedRun::inbox_read(Result<std::vector<ports::InboxRow>> rows) {
  if (rows) return driver_.inbox_read(std::move(*rows), date());
  if (!driver_.adopted()) node_.timer(store_retry, later(&SimulatedRun::read_inbox));
}

// ---- what happens

void SimulatedRun::receive(agent::Asked asked) {
  if (const auto* settle = std::get_if<message::ActivitySettle>(&asked.message.body))
    node_.world().auditor().settle_heard(row_.id, row_.owner.value_or(IncarnationId{}), *settle);
  driver_.receive(std::move(asked.message), {asked.reply_to, asked.from}, date());
}

void SimulatedRun::happen(Stimulus what) {
  node_.post(Time{0}, [self = weak_from_this(), what = std::move(what)] {
    if (const auto run = self.lock(); run && !run->over_) run->driver_.happen(what, run->date());
  });
}

void SimulatedRun::offered(placement::Placement placement) {
  node_.post(Time{0}, [self = weak_from_this(), placement = std::move(placement)] {
    if (const auto run = self.lock(); run && !run->over_)
      run->driver_.offered(placement, run->date());
  });
}

// ---- what the driver asks for

void SimulatedRun::place(std::vector<placement::PlacementRequest> wanted) {
  std::vector<placement::Placement> placements;
  for (auto& one : wanted)
    if (auto placement = node_.queue().place(std::move(one)))
      placements.push_back(std::move(*placement));
  node_.ask_permits();
  node_.post(Time{0}, [self = weak_from_this(), placements = std::move(placements)] {
    if (const auto run = self.lock(); run && !run->over_)
      run->driver_.placed(placements, run->date());
  });
}

void SimulatedRun::append(ports::Append append) {
  check_fold(append);
  node_.boundary("before an append");
  const auto id = append.id;
  node_.world().store().append(node_, std::move(append),
                               [self = weak_from_this(), id](ports::AppendOutcome outcome) {
                                 const auto run = self.lock();
                                 if (!run || run->over_) return;
                                 run->node_.boundary("after an append, before it is performed");
                                 run->driver_.appended(id, outcome, run->date());
                               });
  node_.boundary("while an append is on its way");
}

/// The state that decided is what a fold of the journal gives.
void SimulatedRun::check_fold(const ports::Append& append) {
  if (!node_.world().coin(0.05)) return;
  auto rows = node_.world().store().database().read(append.run, 0, SIZE_MAX);
  if (rows.size() != append.seq) return; // it has lost the run already, and will learn of it
  rows.push_back({append.seq, append.id, append.at, append.body});
  auto folded = make_run_state(row_.id, node_.world().bundle(row_.bundle));
  const auto done = fold_rows(folded, rows);
  if (!done || encode_state(folded) != encode_state(driver_.state()))
    node_.world().auditor().violated("fold_equals_live_state",
                                     "at append " + std::to_string(append.seq));
}

void SimulatedRun::cancel(message::Outgoing message, std::size_t) {
  node_.world().bus().request(node_, "run", message, limits::cancel_answer_timeout,
                              [](const Result<message::AgentMessage>&) {});
}

void SimulatedRun::notify(message::Outgoing message) {
  node_.world().bus().publish(node_, "run", message);
}

void SimulatedRun::ask_tool(const AskTool& ask) {
  message::Outgoing out{"tool", ask.recipient, ask.recipient + "/tool_server", {}, ask.question};
  out.context = {row_.id, ask.step, ask.iteration, 0, driver_.state().epoch};
  node_.world().bus().request(node_, "run", out, limits::reconcile_answer_timeout,
                              [self = weak_from_this(), step = ask.step,
                               nonce = ask.nonce](const Result<message::AgentMessage>& answer) {
                                if (const auto run = self.lock(); run && !run->over_)
                                  run->happen(told_by_tool(step, nonce, answer));
                              });
}

// ---- lists that are artifacts, as actors/item_lists has them

template <class Asked>
auto SimulatedRun::answer_to(const Asked& asked) {
  return [self = weak_from_this(), asked](const auto& answer) {
    const auto run = self.lock();
    if (!run || run->over_) return;
    if (auto told = supervision::told(asked, answer)) return run->happen(std::move(*told));
    run->node_.timer(store_retry, [self, asked] {
      if (const auto same = self.lock(); same && !same->over_) same->perform(asked);
    });
  };
}

void SimulatedRun::store_list(const StoreArtifact& what) {
  const auto put = [&node = node_](auto part, auto done) {
    node.world().store().put_artifact(node, std::move(part), std::move(done));
  };
  artifact::put_whole(put, row_.id, what.what, what.content, date(), answer_to(what));
}

void SimulatedRun::read_list(const ReadArtifact& what) {
  const auto read = [&node = node_](RunId run, auto hash, auto from, auto done) {
    node.world().store().read_artifact(node, run, std::move(hash), from, std::move(done));
  };
  artifact::read_whole(read, row_.id, what.what.hash, limits::foreach_list_bytes_max,
                       answer_to(what));
}

void SimulatedRun::keep(ports::Snapshot snapshot) {
  node_.boundary("before a snapshot");
  node_.world().store().put_snapshot(node_, row_.id, row_.owner.value_or(IncarnationId{}),
                                     std::move(snapshot));
}

void SimulatedRun::perform(const Effect& effect) {
  node_.boundary("before an effect");
  std::visit(
      Overloaded{[this](const StartActor& e) { steps_[e.step] = make_step(e.step); },
                 [this](const StopActor& e) { steps_.erase(e.step); },
                 [this](const ReleaseCredit& e) {
                   node_.queue().release(row_.id, e.step);
                   if (e.slot) node_.queue().give_back(e.incarnation);
                   node_.serve();
                 },
                 [this](const HoldPermits& e) {
                   node_.queue().count(e.placed);
                   node_.ask_permits();
                 },
                 [this](const WithdrawPlacement& e) { node_.queue().withdraw(row_.id, e.step); },
                 [this](const ArmTimer& e) { arm(e); },
                 [this](const WatchNode& e) { node_.watch(e.incarnation); },
                 [this](const AskTool& e) { ask_tool(e); },
                 [this](const StoreArtifact& e) { store_list(e); },
                 [this](const ReadArtifact& e) { read_list(e); },
                 [this](const StartChildRun& e) { start_child_run(e); },
                 [this](const CancelChildRun& e) { post(e.run, inbox_row(e, date())); },
                 [this](const AskChildRun& e) { ask_child_run(e.run); },
                 [this](const TellParent& e) { tell_parent(e); }, [](const Reply&) {},
                 [](const EndRun&) {},   // the driver's own
                 [this](const auto& e) { // what concerns one step
                   auto& step = steps_[e.step];
                   if (!step) step = make_step(e.step);
                   step->perform(e, driver_.state().epoch);
                 }},
      effect);
  node_.boundary("after an effect");
}

// ---- child runs, as actors/run has them

void SimulatedRun::start_child_run(const StartChildRun& start) {
  auto prepared = intake::prepare_child(driver_.state(), start, date());
  node_.world().store().submit(node_, std::move(prepared.job), *prepared.bundle,
                               [&node = node_](const Result<ports::Submitted>& submitted) {
                                 if (submitted) node.claim();
                               });
}

void SimulatedRun::ask_child_run(RunId child) {
  node_.world().store().get_run(
      node_, child,
      [self = weak_from_this(), child](const Result<std::optional<ports::RunRow>>& row) {
        const auto run = self.lock();
        if (!row || !run || run->over_) return;
        if (!*row) return run->child_missing(child);
        if ((*row)->state != ports::RunState::running) return run->read_end(**row);
        run->happen(ChildReported{child, ports::RunState::running, {}, {}});
      });
}

void SimulatedRun::read_end(const ports::RunRow& child) {
  node_.world().store().read(node_, child.id,
                             [self = weak_from_this(), child](const Result<ports::FoldPage>& page) {
                               const auto run = self.lock();
                               if (!page || !run || run->over_) return;
                               const auto state = run->fold(child.id, child.bundle, *page);
                               if (!state || !state->finished) return;
                               run->share(run->row_.id, child.id, state->finished->output,
                                          [run, report = report_of(*state)] {
                                            if (!run->over_) run->happen(report);
                                          });
                             });
}

/// What a child's output names is its parent's too, before that one hears of the end.
void SimulatedRun::share(RunId parent, RunId child, const JsonText& output,
                         std::function<void()> then) {
  if (artifact::hashes_in(output.text).empty()) return then();
  node_.world().store().refer(node_, parent, child, output.text,
                              [then = std::move(then)](const Result<>& shared) {
                                if (shared) then(); // else the parent asks once more
                              });
}

void SimulatedRun::tell_parent(const TellParent& end) {
  share(end.parent, row_.id, end.output,
        [self = shared_from_this(), parent = end.parent, row = inbox_row(row_.id, end, date())] {
          self->post(parent, row);
        });
}

void SimulatedRun::child_missing(RunId child) {
  if (!driver_.begun()) return;
  if (const auto start = start_of(driver_.state(), child)) start_child_run(*start);
}

void SimulatedRun::post(RunId run, ports::InboxRow row) {
  node_.world().store().post_inbox(node_, run, std::move(row),
                                   [&node = node_, run](const Result<bool>& posted) {
                                     if (posted) node.wake(run);
                                   });
}

std::shared_ptr<SimulatedRun::Step> SimulatedRun::make_step(const std::string& path) {
  return std::make_shared<Step>(node_, row_.id, path, weak_from_this());
}

void SimulatedRun::arm(const ArmTimer& timer) {
  node_.timer(std::max(timer.due - date(), Millis{0}), [self = weak_from_this(), timer] {
    if (const auto run = self.lock()) run->happen(TimerDue{timer.step, timer.kind, timer.attempt});
  });
}

void SimulatedRun::park(std::optional<Instant> until) { node_.park_soon(row_.id, until); }

void SimulatedRun::not_parked() {
  driver_.not_parked(date());
  read_inbox();
}

Millis SimulatedRun::steady() const { return node_.since_boot(); }

bool SimulatedRun::may_grant() const { return node_.may_grant(); }

void SimulatedRun::answer(const ReplyAddress& to, message::Context context, message::Body body) {
  node_.boundary("before an answer");
  node_.world().bus().answer(node_, "run", to.subject, std::move(context), std::move(body));
  node_.boundary("after an answer");
}

void SimulatedRun::leave(RunExit exit) {
  over_ = true;
  node_.post(Time{0}, [self = shared_from_this(), exit] {
    self->node_.left(self->row_.id, self->row_.owner.value_or(IncarnationId{}), exit);
  });
}

} // namespace troupe::simulation
