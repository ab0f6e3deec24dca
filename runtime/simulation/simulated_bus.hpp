// The bus of the simulated cluster: delays, loses, repeats and reorders. At most once, nothing is
// kept through an outage, as ports/bus.hpp promises.
#pragma once
#include <functional>
#include <map>
#include <string>

#include "runtime/agent/host_driver.hpp"
#include "runtime/message/outgoing.hpp"
#include "runtime/simulation/process.hpp"

namespace troupe::simulation {

class SimulatedBus {
 public:
  using Reply = std::function<void(Result<message::AgentMessage>)>;

  explicit SimulatedBus(World& world) : world_{world} {}

  /// False: the link is down, and it was not sent.
  bool publish(Process& from, std::string_view actor, const message::Outgoing& out);
  void request(Process& from, std::string_view actor, const message::Outgoing& out, Millis timeout,
               Reply reply);
  void answer(Process& from, std::string_view actor, const std::string& reply_to,
              message::Context context, message::Body body);

  /// The link of a process broke: what it waits for fails at once.
  void link_lost(Process& process);

 private:
  struct Pending {
    Process* from;
    unsigned life;
    Reply reply;
  };

  void deliver(Process& to, const std::string& verb, agent::Asked asked);
  void conclude(std::uint64_t token, Result<message::AgentMessage> result);
  Time delay();
  std::vector<Process*> listeners(const std::string& verb, const std::string& recipient);

  World& world_;
  std::map<std::uint64_t, Pending> pending_;
  std::uint64_t last_ = 0;
};

} // namespace troupe::simulation
