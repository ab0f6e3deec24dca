// What claims and shares are fair between: the runs of one team and priority.
#pragma once
#include <string>

#include "runtime/message/agent_message.hpp"

namespace troupe::ports {

struct Lane {
  message::Priority priority = message::Priority::normal;
  std::string team;

  friend auto operator<=>(const Lane&, const Lane&) = default;
};

} // namespace troupe::ports
