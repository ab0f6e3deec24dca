// What is done about failures: `retry`, `restart` and `tolerate_failures`.
//   retry: [{ on: [timeout], max_attempts: 5, interval: 1s, ... }]
//   restart: { strategy: one_for_all, intensity: 3, period: 5m, interval: 1s, ... }
//   tolerate_failures: 5%
#pragma once
#include <vector>

#include "runtime/plan/plan.hpp"
#include "runtime/plan/source.hpp"

namespace troupe::plan {

std::vector<RetryPolicy> read_retry(const SourceNode& node, std::vector<Fault>& faults);
RestartPolicy read_restart(const SourceNode& node, std::vector<Fault>& faults);
Tolerance read_tolerance(const SourceNode& node, std::vector<Fault>& faults);

} // namespace troupe::plan
