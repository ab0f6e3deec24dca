// The section `limits` of a node's settings: the rule book of keyed limits.
#pragma once
#include <vector>

#include "runtime/placement/limit_rules.hpp"
#include "runtime/plan/source.hpp"

namespace troupe::config {

/// A list of {key, concurrency, rate}. Faults: a key that is none, a rule without a limit, a rate
/// that is not written as 100/1m or whose time is not between 1s and 1h, a key that comes twice.
std::vector<placement::LimitRule> read_limits(const plan::SourceNode& list,
                                              std::vector<plan::Fault>& faults);

} // namespace troupe::config
