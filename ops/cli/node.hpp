// The composition root: what one `troupe node` process is made of.
#pragma once
#include "runtime/clock.hpp"
#include "runtime/config/settings.hpp"

namespace troupe::cli {

struct NodeOptions {
  Millis wait_for_services{60'000}; // for Postgres and NATS; 0: fail at once
  bool json = false;
  bool announce = true; // prints the one ready line on standard output
};

/// Runs one node until SIGINT or SIGTERM. Returns the exit code.
int run_node(const config::Settings& settings, const NodeOptions& options);

} // namespace troupe::cli
