// What processes cost: processor time and memory, as /proc has it.
#pragma once
#include <sys/types.h>

#include <vector>

namespace troupe::bench {

/// Processor seconds of these processes and all below them, of ended ones too once their parent
/// has waited for them.
double processor_seconds(const std::vector<pid_t>& roots);

/// Resident memory in MiB, now and at most since the process began.
double resident_mib(pid_t pid);
double peak_resident_mib(pid_t pid);

} // namespace troupe::bench
