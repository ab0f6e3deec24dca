// A step in words: what a preview says of it.
#pragma once
#include <string>
#include <vector>

#include "runtime/plan/plan.hpp"

namespace troupe::plan {

/// What it does: "base_server", "probe.http", "asks admin, expires after 1h", "host in
/// inputs.hosts, 5 at a time".
std::string what_of(const Node& node);

/// How it is tried, restarted, bounded, placed and taken back, a phrase each.
std::vector<std::string> notes_of(const Node& node);

} // namespace troupe::plan
