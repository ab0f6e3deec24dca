// Answers come from threads of the store; with a loop everything is handled on one.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>

#include "ops/cli/bench/measuring.hpp"

namespace troupe::bench {

class Loop {
 public:
  /// Thread-safe.
  void post(std::function<void()> what);
  void at(Steady::time_point when, std::function<void()> what);
  /// Ends run(): what must not happen has happened.
  void fail(const std::string& what);
  /// Until `done` says so, asked after each thing handled and at least every 100 ms. Failure
  /// internal: fail() was called.
  void run(const std::function<bool()>& done);

 private:
  std::function<void()> next();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::string failed_;
  std::deque<std::function<void()>> queue_;
  std::multimap<Steady::time_point, std::function<void()>> timers_;
};

} // namespace troupe::bench
