// `retry: [{ on: [timeout], max_attempts: 5, interval: 1s, ... }]`
#pragma once
#include <vector>

#include "runtime/plan/retry_policy.hpp"
#include "runtime/plan/source.hpp"

namespace troupe::plan {

std::vector<RetryPolicy> read_retry(const SourceNode& node, std::vector<Fault>& faults);

} // namespace troupe::plan
