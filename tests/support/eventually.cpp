#include "tests/support/eventually.hpp"

#include <thread>

namespace troupe::support {

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds bound) {
  const auto end = std::chrono::steady_clock::now() + bound;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return condition();
    std::this_thread::sleep_for(std::chrono::milliseconds{3});
  }
  return true;
}

} // namespace troupe::support
