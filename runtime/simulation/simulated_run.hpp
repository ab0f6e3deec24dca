// A run on a simulated orchestrator: what actors/run, group and step are shells of, around the same
// drivers.
#pragma once
#include <map>
#include <memory>
#include <string>

#include "runtime/agent/host_driver.hpp"
#include "runtime/ports/job_store.hpp"
#include "runtime/simulation/agenda.hpp"
#include "runtime/supervision/run_driver.hpp"
#include "runtime/supervision/step_driver.hpp"

namespace troupe::simulation {

class OrchestratorNode;

class SimulatedRun final : public std::enable_shared_from_this<SimulatedRun>,
                           private supervision::RunPort {
 public:
  SimulatedRun(OrchestratorNode& node, const ports::RunRow& row);

  void load();
  void begin_new(ports::JournalRow first); // which is all that its journal holds
  void read_inbox();
  void receive(agent::Asked asked);
  void happen(supervision::Stimulus what); // soon
  void offered(placement::Placement placement);
  void not_parked();
  void hand_over() { driver_.hand_over(); }

 private:
  class Step;

  // RunPort
  void place(std::vector<placement::PlacementRequest> wanted) override;
  void append(ports::Append append) override;
  void perform(const supervision::Effect& effect) override;
  void cancel(message::Outgoing message, std::size_t attempts) override;
  void ask_tool(const supervision::AskTool& ask);
  void store_list(const supervision::StoreArtifact& what);
  void read_list(const supervision::ReadArtifact& what);
  template <class Asked>
  auto answer_to(const Asked& asked);
  void tell_parent(const supervision::TellParent& end);
  void notify(message::Outgoing message) override;
  void answer(const supervision::ReplyAddress& to, message::Context context,
              message::Body body) override;
  Millis steady() const override;
  bool may_grant() const override;
  void committed(const supervision::Event&) override {}
  void keep(ports::Snapshot snapshot) override;
  void park(std::optional<Instant> until) override;
  void leave(supervision::RunExit exit) override;

  /// Calls `what` if this run is still driven here by then.
  template <class... Args>
  auto later(void (SimulatedRun::*what)(Args...));
  void folded(Result<ports::FoldPage> page);
  /// False: there is nothing to drive.
  bool begin(const ports::FoldPage& page);
  void inbox_read(Result<std::vector<ports::InboxRow>> rows);
  void start_child_run(const supervision::StartChildRun& start);
  void ask_child_run(RunId child);
  void read_end(const ports::RunRow& child);
  void share(RunId parent, RunId child, const JsonText& output, std::function<void()> then);
  void child_missing(RunId child);
  void post(RunId run, ports::InboxRow row);
  std::optional<supervision::RunState> fold(RunId run, const std::string& bundle_hash,
                                            const ports::FoldPage& page);
  std::shared_ptr<Step> make_step(const std::string& path);
  void arm(const supervision::ArmTimer& timer);
  void check_fold(const ports::Append& append);
  Instant date() const;

  OrchestratorNode& node_;
  ports::RunRow row_;
  supervision::RunDriver driver_;
  std::map<std::string, std::shared_ptr<Step>> steps_;
  bool over_ = false;
};

} // namespace troupe::simulation
