#include "runtime/simulation/orchestrator_node.hpp"

#include "runtime/limits.hpp"
#include "runtime/permit_limits.hpp"
#include "runtime/simulation/auditor.hpp"
#include "runtime/simulation/simulated_bus.hpp"
#include "runtime/simulation/simulated_run.hpp"
#include "runtime/simulation/simulated_store.hpp"
#include "runtime/simulation/world.hpp"

namespace troupe::simulation {
namespace {

constexpr Millis sweep_nodes_interval = limits::heartbeat_interval / 2;
constexpr Millis sweep_runs_interval{2'000};

} // namespace

OrchestratorNode::OrchestratorNode(World& world, std::string name)
    : Process{world, std::move(name)} {}
OrchestratorNode::~OrchestratorNode() = default;

void OrchestratorNode::boot() {
  std::vector<placement::LimitRule> limits;
  if (const auto most = world().scenario().attempts_max) limits.push_back({"team", {most, {}}});
  brain_ = std::make_unique<Brain>(entropy(), static_cast<lease::LeasePort&>(*this),
                                   world().rules(), placement::LimitRules{std::move(limits)});
  brain_->kept.attach(*this);
  beat();
  sweep_nodes();
  sweep_runs();
}

void OrchestratorNode::destroy() { brain_.reset(); }

void OrchestratorNode::link_changed(bool up) { brain_->queue.link_changed(up, since_boot()); }

void OrchestratorNode::beat() {
  timer(limits::heartbeat_interval, [this] { beat(); });
  brain_->keeper.beat(date(), lease_clock());
}

void OrchestratorNode::sweep_nodes() {
  timer(sweep_nodes_interval, [this] { sweep_nodes(); });
  for (const auto& gone : brain_->queue.sweep(since_boot())) {
    world().auditor().held_for_gone(*this, gone.incarnation);
    report_gone(gone);
  }
  for (const auto& silent : brain_->queue.fallen_silent(since_boot()))
    for (const auto& [id, run] : brain_->runs) run->happen(supervision::NodeSilent{silent});
  serve();
}

void OrchestratorNode::sweep_runs() {
  timer(sweep_runs_interval, [this] { sweep_runs(); });
  brain_->kept.sweep(date());
}

void OrchestratorNode::report_gone(const placement::Gone& gone) {
  world().trace(name() + " holds " + gone.node + " for gone: " + std::string{gone.why});
  for (const auto& [id, run] : brain_->runs)
    run->happen(supervision::NodeGone{gone.incarnation, gone.in_order});
}

void OrchestratorNode::watch(IncarnationId executor) {
  if (!brain_->queue.is_unheard_of(executor, since_boot())) return;
  world().auditor().held_for_gone(*this, executor);
  report_gone({"a node", executor, "unheard of"});
}

void OrchestratorNode::serve() {
  for (auto& offer : brain_->queue.serve())
    if (const auto run = brain_->runs.find(offer.run); run != brain_->runs.end())
      run->second->offered(std::move(offer.placement));
  ask_permits();
}

// ---- keyed limits, as actors/dispatcher has them

void OrchestratorNode::ask_permits() {
  const auto due = brain_->queue.permits_due();
  if (!due) return;
  const auto holder = brain_->keeper.owner();
  if (!holder) {
    brain_->queue.forget_permits();
    return ask_permits_at(since_boot() + limits::permit_retry_interval);
  }
  if (*due > since_boot()) return ask_permits_at(*due);
  world().store().exchange_permits(*this, brain_->queue.ask_permits(*holder, since_boot()),
                                   [this, holder](const Result<ports::PermitAnswer>& answer) {
                                     const bool stands = brain_->keeper.owner() == holder;
                                     brain_->queue.permits_answered(
                                         stands ? answer : ports::PermitAnswer{}, since_boot());
                                     serve();
                                   });
}

void OrchestratorNode::ask_permits_at(Millis at) {
  auto& rings = brain_->asks_at;
  if (rings && *rings <= at && *rings > since_boot()) return;
  rings = at;
  timer(std::max(at - since_boot(), Millis{0}), [this, at] {
    if (brain_->asks_at == at) brain_->asks_at.reset();
    ask_permits();
  });
}

// ---- its end in order

void OrchestratorNode::draining() {
  brain_->kept.draining(true);
  brain_->drain.emplace(limits::drain_default, since_boot());
}

bool OrchestratorNode::drained() {
  const auto next = brain_->drain->next(false, !brain_->left, since_boot());
  if (next == lease::Drain::Do::hand_over_runs) brain_->kept.hand_over();
  return next == lease::Drain::Do::end;
}

bool OrchestratorNode::hand_over(RunId run) {
  const auto found = brain_->runs.find(run);
  if (found == brain_->runs.end()) return false;
  found->second->hand_over();
  return true;
}

void OrchestratorNode::nothing_kept() {
  post(Time{0}, [this] {
    if (!brain_->keeper.leave()) brain_->left = true;
  });
}

void OrchestratorNode::leave(IncarnationId incarnation) {
  world().store().leave(*this, incarnation, [this](const Result<>&) {
    brain_->left = true;
    world().bus().publish(
        *this, "membership",
        {"hb", "all", "*/dispatcher", {}, message::NodeDraining{this->incarnation()}});
  });
}

// ---- the bus

bool OrchestratorNode::hears(const std::string& verb, const std::string& recipient) const {
  return verb == "hb" || verb == "whois" || (verb == "run" && recipient == name());
}

void OrchestratorNode::receive(const std::string& verb, agent::Asked asked) {
  if (verb == "hb") {
    const auto heard = brain_->queue.hear(asked.from, asked.message.body, since_boot());
    if (heard.gone) report_gone(*heard.gone);
    if (std::holds_alternative<message::NodeDraining>(asked.message.body)) claim();
    return serve();
  }
  const RunId id = asked.message.context.run;
  if (std::holds_alternative<message::RunSignal>(asked.message.body)) return wake(id);
  const auto run = brain_->runs.find(id);
  if (run == brain_->runs.end()) return look_up(asked);
  if (std::holds_alternative<message::WhoIs>(asked.message.body))
    return reply(asked, message::Here{name(), brain_->keeper.owner().value_or(IncarnationId{})});
  run->second->receive(std::move(asked));
}

void OrchestratorNode::look_up(const agent::Asked& asked) {
  if (asked.reply_to.empty()) return;
  world().store().get_run(*this, asked.message.context.run,
                          [this, asked](const Result<std::optional<ports::RunRow>>& row) {
                            if (row)
                              reply(asked,
                                    supervision::answer_for_absent(asked.message.body, *row));
                          });
}

void OrchestratorNode::reply(const agent::Asked& asked, message::Body body) {
  auto context = asked.message.context;
  context.epoch = 0;
  world().bus().answer(*this, "orchestrator", asked.reply_to, std::move(context), std::move(body));
}

// ---- the lease

Millis OrchestratorNode::lease_clock() const {
  const bool kept = world().rules().lease_without_gaps;
  return kept ? since_boot() : date().time_since_epoch();
}

bool OrchestratorNode::may_grant() const { return lease_clock() < brain_->grants_until; }

void OrchestratorNode::join(IncarnationId incarnation) {
  world().store().join(*this, incarnation,
                       [this](const Result<>& done) { brain_->keeper.joined(done); });
}

void OrchestratorNode::renew(IncarnationId incarnation) {
  world().store().renew(*this, incarnation,
                        [this, asked_at = lease_clock()](const Result<bool>& stands) {
                          brain_->keeper.renewed(stands, asked_at, date(), lease_clock());
                        });
}

void OrchestratorNode::read_peers() {
  world().store().peers(
      *this, [this, asked_at = lease_clock()](const Result<std::vector<ports::PeerRow>>& peers) {
        brain_->keeper.peers_read(peers, asked_at, lease_clock());
      });
}

void OrchestratorNode::fence(const ports::PeerRow& peer) {
  world().store().fence(*this, peer, [this, peer](const Result<bool>& fenced) {
    brain_->keeper.peer_fenced(peer, fenced);
  });
}

void OrchestratorNode::owner_is(IncarnationId incarnation) {
  post(Time{0}, [this, incarnation] { brain_->kept.owner_is(incarnation, date()); });
}

void OrchestratorNode::lost(IncarnationId) {
  world().trace(name() + " learns that it was fenced");
  post(Time{world().below(5)}, [this] {
    if (!brain_->keeper.owner()) brain_->kept.owner_is(std::nullopt, date());
  });
}

void OrchestratorNode::claim() {
  post(Time{0}, [this] { brain_->kept.claim(date()); });
}

// ---- its runs

void OrchestratorNode::claim(IncarnationId owner, std::uint32_t limit,
                             std::vector<ports::Lane> full) {
  world().store().claim(*this, owner, limit, std::move(full),
                        [this](const Result<std::vector<ports::RunRow>>& rows) {
                          brain_->kept.claimed(rows, date());
                        });
}

void OrchestratorNode::start(const ports::RunRow& row) {
  if (brain_->runs.contains(row.id)) return;
  const auto run = std::make_shared<SimulatedRun>(*this, row);
  brain_->runs[row.id] = run;
  run->load();
}

void OrchestratorNode::start_new(const ports::RunRow& row, ports::JournalRow first) {
  if (brain_->runs.contains(row.id)) return;
  const auto run = std::make_shared<SimulatedRun>(*this, row);
  brain_->runs[row.id] = run;
  run->begin_new(std::move(first));
}

void OrchestratorNode::submit(ports::NewJob job) {
  job.owner = brain_->kept.taker().of(job.lane());
  world().store().submit(*this, job, [this, job](const Result<ports::Submitted>& submitted) {
    if (!submitted) return;
    if (!submitted->owned) return claim();
    ports::RunRow row;
    row.id = job.run;
    row.job = job.id;
    row.bundle = job.bundle;
    row.owner = job.owner;
    row.owner_node = name();
    row.lane = job.lane();
    brain_->kept.given(row, {0, job.append, job.at, job.body});
  });
}

void OrchestratorNode::stop(RunId run) { stop(run, false); }

/// `in_use`: its attempts go on at whoever has it next.
void OrchestratorNode::stop(RunId run, bool in_use) {
  const auto found = brain_->runs.find(run);
  if (found == brain_->runs.end()) return;
  brain_->queue.withdraw(run, "");
  if (!in_use) brain_->queue.release(run);
  brain_->runs.erase(found);
  serve();
}

void OrchestratorNode::left(RunId run, IncarnationId owner, supervision::RunExit exit) {
  stop(run, exit == supervision::RunExit::handed_over);
  post(Time{0}, [this, run, owner, exit] { brain_->kept.left(run, owner, exit, date()); });
}

void OrchestratorNode::wake(RunId run) {
  if (const auto found = brain_->runs.find(run); found != brain_->runs.end())
    found->second->read_inbox();
}

void OrchestratorNode::find_due(Instant horizon) {
  world().store().find_due(*this, horizon, [this](const Result<std::optional<Instant>>& due) {
    brain_->kept.due_found(due);
  });
}

void OrchestratorNode::ring_at(Instant due) {
  timer(std::max(due - date(), Millis{0}), [this] { brain_->kept.rang(date()); });
}

void OrchestratorNode::find_inboxes(IncarnationId owner) {
  world().store().find_inboxes(*this, owner, [this](const Result<std::vector<RunId>>& runs) {
    brain_->kept.inboxes_found(runs);
  });
}

void OrchestratorNode::park(const supervision::ParkAsk& ask, IncarnationId owner) {
  world().store().park(*this, ask.run, owner, ask.until,
                       [this, ask](const Result<ports::ParkOutcome>& outcome) {
                         brain_->kept.parked(ask, outcome, date());
                       });
}

void OrchestratorNode::park_soon(RunId run, std::optional<Instant> until) {
  post(Time{0}, [this, run, until] { brain_->kept.park(run, until); });
}

void OrchestratorNode::not_parked(RunId run) {
  if (const auto found = brain_->runs.find(run); found != brain_->runs.end())
    found->second->not_parked();
}

void OrchestratorNode::park_later(const supervision::ParkAsk& ask) {
  timer(Millis{500}, [this, ask] { brain_->kept.park_again(ask); });
}

void OrchestratorNode::release(RunId run, IncarnationId owner) {
  world().store().release(*this, run, owner,
                          [this](const Result<>&) { brain_->kept.claim(date()); });
}

void OrchestratorNode::start_later(RunId run, Millis after) {
  timer(after, [this, run] { brain_->kept.start_due(run); });
}

} // namespace troupe::simulation
