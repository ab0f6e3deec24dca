// `troupe dev`: everything on one machine, with nothing to set up.
#pragma once
#include <string>

#include "runtime/clock.hpp"

namespace troupe::dev {

struct DevOptions {
  std::string data;                      // folder; made if it is not there
  std::string listen = "127.0.0.1:8420"; // loopback only; port 0: any free one
  unsigned agents = 1;                   // agent nodes
  std::string config;                    // settings that all nodes share; empty: built-in ones
  std::string postgres;                  // URL; empty: a private server
  std::string nats;                      // URL; empty: a private server
  Millis wait_for_services{60'000};      // for Postgres and NATS given by URL
  bool json = false;                     // one ready line for machines
};

/// Serves until SIGINT or SIGTERM, then stops everything in order and returns 0. Throws
/// cli::Failure, with everything stopped, when it cannot start or a child crashes too often.
int run_dev(const DevOptions& options);

/// ~/.local/state/troupe/dev or its like: the data folder when none is named.
std::string default_data_folder();

} // namespace troupe::dev
