// A run as a tree for people: `GET /v1/runs/{id}` in, text out. Pure.
//
//   ● Heal patient  running  4.2s
//     run 0198…  job 0198…  plan service-down  owner orchestrator-1
//   ├─ ✔ triage        triage@agent-1     120ms
//   ├─ ✔ examine       parallel           310ms
//   │  ├─ ✔ probe      prober@agent-1      90ms
//   │  │     ↳ probe.http  12ms
//   │  └─ ✔ logs       log_reader@agent-1  80ms
//   └─ ◷ restart       operator@agent-1    1.2s  retry in 0.8s: tool_failed: exit code 1
#pragma once
#include <boost/json/fwd.hpp>
#include <string>

#include "ops/cli/view/terminal.hpp"
#include "runtime/clock.hpp"

namespace troupe::view {

struct TreeOptions {
  Style style;            // height bounds the lines: details of finished steps go first
  Instant now;            // for what is still running
  unsigned frame = 0;     // of the running glyph
  bool activities = true; // tool calls under their steps
};

std::string render_run(const boost::json::value& run, const TreeOptions& options);

} // namespace troupe::view
