// Where a running `troupe dev` leaves its addresses, so that the other commands of the same user
// find it: one file per dev, named by its process, {"pid","start_time","http","nats","postgres",
// "data","started_at"}.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/clock.hpp"

namespace troupe::cli {

struct DevState {
  int pid = 0;
  std::uint64_t start_time = 0; // tells the process from a later one with the same number
  std::string http, nats, postgres, data;
  Instant started_at;
};

/// $XDG_RUNTIME_DIR/troupe, else $XDG_STATE_HOME/troupe or ~/.local/state/troupe, else
/// /tmp/troupe-<uid>.
std::string dev_state_folder();

/// Written atomically, mode 0600; returns its path. Throws Failure.
std::string write_dev_state(const std::string& folder, const DevState& state);

/// The devs that are alive, youngest first. Files of dead ones are removed on the way; files that
/// are not ours to read are skipped.
std::vector<DevState> read_dev_states(const std::string& folder);

} // namespace troupe::cli
