// A message as whoever decides to send it sees it: the shell adds id, sender, time and trace.
#pragma once
#include <string>

#include "runtime/message/agent_message.hpp"

namespace troupe::message {

struct Outgoing {
  std::string verb, recipient; // of the subject: troupe.<cluster>.<verb>.<recipient>.<sender>
  std::string to;              // "node/actor"
  Context context;
  Body body;
  Priority priority = Priority::normal;
  std::optional<Instant> deadline{};
};

} // namespace troupe::message
