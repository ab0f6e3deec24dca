// The simulated world: its time, its chance, its processes, and what lies between them.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/ids.hpp"
#include "runtime/ports/job_store.hpp"
#include "runtime/simulation/agenda.hpp"
#include "runtime/simulation/scenario.hpp"

namespace troupe::simulation {

class Auditor;
class OrchestratorNode;
class People;
class Process;
class SimulatedBus;
class SimulatedStore;

class World {
 public:
  World(const Scenario& scenario, std::uint64_t seed, bool traced);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Until every run has ended and what was under way has settled, a check has failed, or nothing
  /// more can come of it.
  void run();

  const Scenario& scenario() const { return scenario_; }
  using Bundle = std::shared_ptr<const config::UnpackedBundle>;
  /// What a run executes; of the runs that were not started by a step: the scenario's.
  const Bundle& bundle(const std::string& hash) const {
    return hash.empty() ? scenario_.bundle : bundles_.at(hash);
  }
  void keep_bundle(const std::string& hash, Bundle bundle) { bundles_.emplace(hash, bundle); }
  const Rules& rules() const { return scenario_.rules; }
  Agenda& agenda() { return agenda_; }
  Entropy& entropy() { return entropy_; }
  SimulatedBus& bus() { return *bus_; }
  SimulatedStore& store() { return *store_; }
  Auditor& auditor() { return *auditor_; }
  People& people() { return *people_; }

  /// True with this probability; never once faults are over.
  bool chance(double probability);
  bool coin(double probability) { return entropy_.uniform() < probability; }
  std::int64_t below(std::int64_t bound) { // in [0, bound)
    return static_cast<std::int64_t>(entropy_.uniform() * static_cast<double>(bound));
  }
  bool faulty() const { return agenda_.now() < scenario_.faults.until; }

  /// Into a run's inbox, as the API does it, unless the run has ended.
  void post(RunId run, const ports::InboxRow& row);

  bool bus_up() const { return bus_up_; }
  Time bus_changed_at() const { return bus_changed_at_; }
  void died(Process& process);
  void link_changed(Process& process);

  const std::vector<std::unique_ptr<Process>>& processes() const { return processes_; }
  const std::vector<OrchestratorNode*>& orchestrators() const { return orchestrators_; }
  const std::vector<Process*>& agents() const { return agents_; }

  void trace(std::string line);
  const std::vector<std::string>& lines() const { return lines_; }
  bool traced() const { return traced_; }

 private:
  using Fault = std::function<void(Process&)>;

  OrchestratorNode* any_orchestrator();
  void plan_run();
  void plan_faults();
  void plan_fault(unsigned at_most, std::int64_t longest, const Fault& begin, const Fault& end);
  void cut_bus(bool cut);
  Process& any_process();

  Scenario scenario_;
  std::map<std::string, Bundle> bundles_; // of child runs
  SeededEntropy entropy_;
  bool traced_, bus_up_ = true;
  Time bus_changed_at_{-1'000'000};
  Agenda agenda_;
  std::vector<std::string> lines_;
  std::unique_ptr<Auditor> auditor_;
  std::unique_ptr<People> people_;
  std::unique_ptr<SimulatedBus> bus_;
  std::unique_ptr<SimulatedStore> store_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<OrchestratorNode*> orchestrators_;
  std::vector<Process*> agents_;
};

} // namespace troupe::simulation
