// Finding the owner of a run again, for executors.
#pragma once
#include <string>

#include "runtime/message/agent_message.hpp"

namespace troupe::actors {

/// The node to turn to after an answer to bus.whois: the owner of the run; or, when nobody owns it,
/// whoever answered, which tells from Postgres what became of it.
inline std::string owner_in(const message::AgentMessage& whois_answer) {
  if (const auto* here = std::get_if<message::Here>(&whois_answer.body)) return here->node;
  return whois_answer.sender.substr(0, whois_answer.sender.find('/'));
}

} // namespace troupe::actors
