// What libnats and nats-server alone can do, without a line of the engine: the limit that a figure
// of the bus is held against.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "runtime/clock.hpp"

namespace troupe::bench {

struct RawNatsOptions {
  std::size_t request_bytes = 0, answer_bytes = 0; // of the payloads; no headers
  unsigned in_flight = 1;
  bool at_once = true; // each message is written at once; else with those of the same millisecond
  Millis time{1'500};
};

struct RawNats {
  double round_trips_per_s = 0;
  std::vector<double> ms; // of each
};

/// Request and answer between two connections of this process. Nobody waits for one answer: each
/// one that comes sends the next request. Failure unavailable: it cannot be reached.
RawNats measure_raw_nats(const std::string& url, const RawNatsOptions& options);

} // namespace troupe::bench
