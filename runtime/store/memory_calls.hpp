// The calls of the memory store, carried out one after the other.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>

#include "runtime/result.hpp"
#include "runtime/store/refusals.hpp"

namespace troupe::store {

/// Calls in order. A call carries itself out and answers; told `closing`, it only answers.
class CallQueue {
 public:
  using Call = std::function<void(bool closing)>;

  void push(Call call) {
    {
      const std::lock_guard lock{mutex_};
      calls_.push_back(std::move(call));
    }
    wake_.notify_one();
  }

  /// False: the queue is empty.
  bool run_one() {
    std::unique_lock lock{mutex_};
    if (calls_.empty()) return false;
    auto call = std::move(calls_.front());
    calls_.pop_front();
    lock.unlock();
    call(false);
    return true;
  }

  void run_until(std::stop_token stop) {
    while (!stop.stop_requested()) {
      if (run_one()) continue;
      std::unique_lock lock{mutex_};
      wake_.wait(lock, stop, [&] { return !calls_.empty(); });
    }
  }

  void close() {
    for (;;) {
      std::unique_lock lock{mutex_};
      if (calls_.empty()) return;
      auto call = std::move(calls_.front());
      calls_.pop_front();
      lock.unlock();
      call(true);
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Call> calls_;
};

/// Queues `work`; its result, or `closing`, goes to `done`.
template <class T, class Work>
void call(CallQueue& queue, std::function<void(Result<T>)> done, Work work) {
  queue.push([done = std::move(done), work = std::move(work)](bool closing) {
    if (closing)
      done(is_closing());
    else
      done(work());
  });
}

} // namespace troupe::store
