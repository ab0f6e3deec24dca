// What the measuring programs share: arguments, a loop for answers and timers, percentiles.
#pragma once
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/log.hpp"
#include "runtime/store/postgres_store.hpp"
#include "tests/support/postgres_server.hpp"

namespace troupe::bench {

using Steady = std::chrono::steady_clock;

inline double ms_since(Steady::time_point begin) {
  return std::chrono::duration<double, std::milli>(Steady::now() - begin).count();
}

/// --name value
class Arguments {
 public:
  Arguments(int argc, char** argv) {
    for (int i = 1; i + 1 < argc; i += 2) values_[argv[i]] = argv[i + 1];
  }
  std::string text(const std::string& name) const {
    const auto found = values_.find("--" + name);
    return found == values_.end() ? "" : found->second;
  }
  long number(const std::string& name, long otherwise) const {
    const auto given = text(name);
    return given.empty() ? otherwise : std::atol(given.c_str());
  }
  /// Of --url, or of a new database on a server of our own.
  std::string url() const {
    const auto given = text("url");
    return given.empty() ? support::PostgresServer::shared().create_database() : given;
  }

 private:
  std::map<std::string, std::string> values_;
};

inline std::unique_ptr<store::Store> open_store(const std::string& url) {
  log::start("bench", log::Level::error, "");
  auto opened = store::open_postgres_store({.url = url, .open_jobs_max = 10'000'000});
  if (!opened) throw std::runtime_error{opened.error().message};
  return *std::move(opened);
}

/// Resident memory of this process, in kB.
inline long resident_kb() {
  long pages = 0, resident = 0;
  std::ifstream{"/proc/self/statm"} >> pages >> resident;
  return resident * 4;
}

inline double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

/// Answers come from threads of the store; everything is handled on one.
class Loop {
 public:
  void post(std::function<void()> what) {
    {
      const std::lock_guard lock{mutex_};
      queue_.push_back(std::move(what));
    }
    wake_.notify_one();
  }
  void at(Steady::time_point when, std::function<void()> what) {
    const std::lock_guard lock{mutex_};
    timers_.emplace(when, std::move(what));
    wake_.notify_one();
  }
  /// Until `done` says so, asked after each thing handled and at least every 100 ms.
  void run(const std::function<bool()>& done) {
    while (!done()) {
      std::unique_lock lock{mutex_};
      auto until = Steady::now() + std::chrono::milliseconds{100};
      if (!timers_.empty()) until = std::min(until, timers_.begin()->first);
      if (queue_.empty()) wake_.wait_until(lock, until, [&] { return !queue_.empty(); });
      std::function<void()> what;
      if (!timers_.empty() && timers_.begin()->first <= Steady::now()) {
        what = std::move(timers_.begin()->second);
        timers_.erase(timers_.begin());
      } else if (!queue_.empty()) {
        what = std::move(queue_.front());
        queue_.pop_front();
      }
      lock.unlock();
      if (what) what();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  std::multimap<Steady::time_point, std::function<void()>> timers_;
};

} // namespace troupe::bench
