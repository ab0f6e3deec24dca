// For what another process does in its own time: look again until it is so, within a bound.
#pragma once
#include <signal.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

namespace troupe::test {

template <class Condition>
bool eventually(const Condition& condition,
                std::chrono::milliseconds within = std::chrono::seconds{20}) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

/// False also for a zombie, which `kill(pid, 0)` takes for alive.
inline bool is_running(pid_t pid) {
  std::ifstream stat{"/proc/" + std::to_string(pid) + "/stat"};
  std::string line;
  if (!std::getline(stat, line)) return false;
  const auto state = line.substr(line.rfind(')') + 2, 1);
  return state != "Z" && state != "X";
}

} // namespace troupe::test
