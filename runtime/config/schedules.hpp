// The `schedules` of a team file.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "runtime/config/team.hpp"

namespace troupe::config {

/// Reads and checks every schedule: its cron expression and zone, that no other has its id, that
/// its plan is one of `named`, that its templates start from `schedule`, and that its inputs are
/// those its plan asks for, if that is among the plans that could be read.
std::vector<Schedule> read_schedules(const plan::SourceNode& list,
                                     const std::vector<std::string>& named,
                                     const std::map<std::string, NamedPlan>& plans,
                                     std::vector<plan::Fault>& faults);

} // namespace troupe::config
