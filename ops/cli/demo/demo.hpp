// `troupe demo`: the main job on this machine, with real servers. A real nginx goes down; a real
// Prometheus notices, a real Alertmanager tells Troupe, and a real plan heals it.
#pragma once
#include <string>

namespace troupe::demo {

struct DemoOptions {
  std::string data;            // folder; empty: a new one under /tmp
  unsigned limit_seconds = 90; // from the kill; later is not healed
  bool keep = false;           // stay up until Ctrl-C when the scenario has ended
  bool json = false;           // {"healed":true,"alert_to_job_ms":..,..} as the last line, or
                               // {"healed":false,"needs_person":"..",..}
  std::string cause = "gone";  // what is done to the patient: a name that cause.hpp knows
  std::string kill_agent_at;   // a step's id: SIGKILL the agent node while it runs
};

/// Returns 0 when the plan did what is right for the cause, that is, healed the patient or left it
/// to a person untouched; else 1 with the reason printed. Stops every process it
/// started, the patient too, however it ends. Throws cli::Failure: a program is missing, a folder
/// cannot be written, interrupted.
int run_demo(const DemoOptions& options);

} // namespace troupe::demo
