// The tools of a simulated agent node. Private to it.
#pragma once
#include "runtime/simulation/agent_node.hpp"
#include "runtime/supervision/call_driver.hpp"

namespace troupe::simulation {

class AgentNode::ToolServer final : private supervision::CallPort {
 public:
  explicit ToolServer(AgentNode& node);
  void receive(agent::Asked asked, bool draining);
  bool busy() const { return !driver_.calls().empty(); }
  void hand_over() { driver_.hand_over(); }

 private:
  void reconcile(const agent::Asked& asked);
  void act(supervision::CallNumber number, const supervision::ServedCall& call) override;
  void ask_owner(supervision::CallNumber number, message::Outgoing message) override;
  void ask_whois(supervision::CallNumber number, message::Outgoing message) override;
  void ask_later(supervision::CallNumber number, Millis after) override;
  void owner_answered(supervision::CallNumber number, const Result<message::AgentMessage>& answer);
  void answer(const agent::Asked& to, message::Context context, message::Body body) override;
  Moment now() const { return {node_.date(), node_.since_boot()}; }

  AgentNode& node_;
  supervision::CallDriver driver_;
};

} // namespace troupe::simulation
