// Waiting for what another process or thread does: a bound, never a fixed pause.
#pragma once
#include <chrono>
#include <functional>

namespace troupe::support {

/// Polls every few milliseconds. True as soon as `condition` holds, false when `bound` has passed.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds bound = std::chrono::seconds{20});

} // namespace troupe::support
