// The `events` of a team file.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "runtime/config/team.hpp"

namespace troupe::config {

/// Reads and checks every route: that it says from where, that its plan is one of `named`, that its
/// templates start from `event` or `injected`, and that its inputs are those its plan asks for, if
/// that is among the plans that could be read.
std::vector<EventRoute> read_event_routes(const plan::SourceNode& list,
                                          const std::vector<std::string>& named,
                                          const std::map<std::string, NamedPlan>& plans,
                                          std::vector<plan::Fault>& faults);

} // namespace troupe::config
