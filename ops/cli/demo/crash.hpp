// `troupe demo crash`: a node is killed at every step boundary of a run, and what was done is
// counted.
#pragma once
#include <string>

namespace troupe::demo {

struct CrashOptions {
  std::string data;  // folder; empty: a new one under /tmp
  bool json = false; // {"held":true,"kills":10,"steps":10,..} as the last line
};

/// Plays one plan twice: once the owner of the run is killed as each step begins, once the node
/// that runs the step. Returns 0 when both runs completed, no finished step ran again and every
/// effect is in the ledger once; else 1 with what does not hold. Stops every process it started,
/// however it ends. Throws cli::Failure as run_demo.
int run_crash_demo(const CrashOptions& options);

} // namespace troupe::demo
