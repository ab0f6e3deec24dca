#include "ops/cli/bench/loop.hpp"

namespace troupe::bench {

void Loop::post(std::function<void()> what) {
  {
    const std::lock_guard lock{mutex_};
    queue_.push_back(std::move(what));
  }
  wake_.notify_one();
}

void Loop::at(Steady::time_point when, std::function<void()> what) {
  {
    const std::lock_guard lock{mutex_};
    timers_.emplace(when, std::move(what));
  }
  wake_.notify_one();
}

void Loop::fail(const std::string& what) {
  {
    const std::lock_guard lock{mutex_};
    failed_ = what;
  }
  wake_.notify_one();
}

void Loop::run(const std::function<bool()>& done) {
  while (!done())
    if (const auto what = next()) what();
}

std::function<void()> Loop::next() {
  std::unique_lock lock{mutex_};
  if (!failed_.empty()) throw cli::Failure{cli::ExitCode::internal, failed_};
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
  return what;
}

} // namespace troupe::bench
