// An agent node of the simulated cluster: what actors/agent_host, agent, tool_server and bus_bridge
// are shells of, around the same drivers. Its tools act on the world outside, which remembers.
#pragma once
#include <map>
#include <memory>
#include <optional>

#include "runtime/agent/host_driver.hpp"
#include "runtime/lease/drain.hpp"
#include "runtime/simulation/process.hpp"

namespace troupe::simulation {

class AgentNode final : public Process, private agent::HostPort {
 public:
  /// `serves_all`: also the tools that are not everywhere.
  AgentNode(World& world, std::string name, std::uint64_t seed, bool serves_all);
  ~AgentNode() override;

  bool hears(const std::string& verb, const std::string& recipient) const override;
  void receive(const std::string& verb, agent::Asked asked) override;

  bool serves(std::string_view tool) const;
  bool runs(RunId run, AttemptNumber attempt) const override;

 private:
  class Attempt;
  class ToolServer;

  void boot() override;
  void destroy() override;
  void draining() override;
  bool drained() override;
  void beat();

  // HostPort
  void answer(const agent::Asked& to, message::Body body) override;
  Result<> start(std::uint64_t attempt, agent::Assignment assignment) override;
  void stop(std::uint64_t attempt, const std::string& reason) override;
  void owner_is(std::uint64_t attempt, const std::string& owner, Epoch epoch) override;
  void hand_over(std::uint64_t attempt) override;
  void deliver(std::uint64_t attempt, message::Outgoing message) override;
  void ask_whois(std::uint64_t attempt, message::Outgoing message) override;
  void ring(agent::HostTimer which, Millis after) override;
  void ended(std::uint64_t attempt, message::Body end);
  void crash_agent(std::uint64_t attempt);

  std::uint64_t seed_;
  bool serves_all_;
  // What is in memory, and gone with the process.
  std::unique_ptr<agent::HostDriver> host_;
  std::unique_ptr<ToolServer> tools_;
  std::map<std::uint64_t, std::shared_ptr<Attempt>> attempts_;
  std::optional<lease::Drain> drain_;
};

} // namespace troupe::simulation
