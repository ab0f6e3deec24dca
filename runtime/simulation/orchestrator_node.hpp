// An orchestrator of the simulated cluster: what actors/orchestrator, dispatcher, membership,
// bus_bridge and journal_writer are shells of, around the same drivers.
#pragma once
#include <map>
#include <memory>

#include "runtime/lease/drain.hpp"
#include "runtime/lease/lease_keeper.hpp"
#include "runtime/placement/dispatch_queue.hpp"
#include "runtime/simulation/process.hpp"
#include "runtime/supervision/kept_runs.hpp"

namespace troupe::simulation {

class SimulatedRun;

class OrchestratorNode final : public Process,
                               private lease::LeasePort,
                               private supervision::KeeperPort {
 public:
  OrchestratorNode(World& world, std::string name);
  ~OrchestratorNode() override;

  bool hears(const std::string& verb, const std::string& recipient) const override;
  void receive(const std::string& verb, agent::Asked asked) override;

  /// A job comes in here; what becomes of it may stay unknown.
  void submit(ports::NewJob job);

  // for its runs
  placement::DispatchQueue& queue() { return brain_->queue; }
  void serve();
  void ask_permits();
  bool may_grant() const;
  void watch(IncarnationId executor);
  void park_soon(RunId run, std::optional<Instant> until);
  void left(RunId run, IncarnationId owner, supervision::RunExit exit);
  void claim() override;         // also the LeasePort's
  void wake(RunId run) override; // also the KeeperPort's

 private:
  /// What is in memory, and gone with the process.
  struct Brain {
    Brain(Entropy& entropy, lease::LeasePort& port, Rules rules, placement::LimitRules limits)
        : keeper{entropy, port, std::nullopt, rules}, queue{rules, std::move(limits)} {}
    lease::LeaseKeeper keeper;
    placement::DispatchQueue queue;
    supervision::KeptRuns kept;
    std::map<RunId, std::shared_ptr<SimulatedRun>> runs;
    Millis grants_until = Millis::min();
    std::optional<lease::Drain> drain;
    bool left = false;             // its runs and its lease are given up
    std::optional<Millis> asks_at; // when its timer for permits rings
  };

  void boot() override;
  void destroy() override;
  void link_changed(bool up) override;
  void draining() override;
  bool drained() override;
  void beat();
  void sweep_nodes();
  void sweep_runs();
  void ask_permits_at(Millis at);
  void stop(RunId run, bool in_use);
  void report_gone(const placement::Gone& gone);
  Millis lease_clock() const;
  void look_up(const agent::Asked& asked);
  void reply(const agent::Asked& asked, message::Body body);

  // LeasePort
  void join(IncarnationId incarnation) override;
  void renew(IncarnationId incarnation) override;
  void read_peers() override;
  void fence(const ports::PeerRow& peer) override;
  void grants_stand_until(Millis until) override { brain_->grants_until = until; }
  void owner_is(IncarnationId incarnation) override;
  void lost(IncarnationId incarnation) override;
  void leave(IncarnationId incarnation) override;

  // KeeperPort
  void claim(IncarnationId owner, std::uint32_t limit, std::vector<ports::Lane> full) override;
  void start(const ports::RunRow& row) override;
  void start_new(const ports::RunRow& row, ports::JournalRow first) override;
  void stop(RunId run) override;
  bool hand_over(RunId run) override;
  void nothing_kept() override;
  void find_due(Instant horizon) override;
  void ring_at(Instant due) override;
  void find_inboxes(IncarnationId owner) override;
  void park(const supervision::ParkAsk& ask, IncarnationId owner) override;
  void park_later(const supervision::ParkAsk& ask) override;
  void not_parked(RunId run) override;
  void release(RunId run, IncarnationId owner) override;
  void start_later(RunId run, Millis after) override;

  std::unique_ptr<Brain> brain_;
};

} // namespace troupe::simulation
