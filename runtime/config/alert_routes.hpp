// The `alerts` of a team file.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "runtime/config/team.hpp"

namespace troupe::config {

/// Reads and checks every route: that its plan is one of `named`, that its templates start from
/// `alert` or `group`, and that its inputs are those its plan asks for, if that is among the plans
/// that could be read.
std::vector<AlertRoute> read_alert_routes(const plan::SourceNode& list,
                                          const std::vector<std::string>& named,
                                          const std::map<std::string, NamedPlan>& plans,
                                          std::vector<plan::Fault>& faults);

} // namespace troupe::config
