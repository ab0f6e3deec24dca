// The section `retention` of a node's settings.
#pragma once
#include <vector>

#include "runtime/plan/source.hpp"
#include "runtime/ports/retention.hpp"

namespace troupe::config {

/// Without a word in the settings: archived after a week, kept for good.
std::vector<ports::RetentionRule> default_retention();

/// A rule for every team, and those of `teams`, which take from it what they do not say. Faults: a
/// time that is too short, or a purge that comes before the archive.
std::vector<ports::RetentionRule> read_retention(const plan::SourceNode& node,
                                                 std::vector<plan::Fault>& faults);

} // namespace troupe::config
