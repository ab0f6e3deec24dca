// So many calls under way at a time: each that ends begins the next.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "runtime/clock.hpp"

namespace troupe::bench {

struct Kept {
  double per_s = 0;
  std::vector<double> ms; // of each call
};

/// Empty: it went well.
using EndOfCall = std::function<void(const std::string& fault)>;
/// Begins a call in one of the places 0 to number - 1, and ends it later, on any thread.
using BeginCall = std::function<void(unsigned place, EndOfCall ended)>;

/// For so long; then waits for what is under way. Failure internal: a call went wrong, or did not
/// end.
Kept keep_in_flight(unsigned number, Millis time, const BeginCall& begin);

} // namespace troupe::bench
