// A handler that can be taken away while another thread is in it.
#pragma once
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "runtime/log.hpp"

namespace troupe::bus {

/// One call at a time; none runs once close() has returned. close() waits for a call under way,
/// except from within it. A handler that throws is logged as `name`, not passed on: the threads
/// above it are not ours.
template <class... Args>
class Callback {
 public:
  Callback(std::string name, std::function<void(Args...)> handler)
      : name_{std::move(name)}, handler_{std::move(handler)} {}

  void operator()(Args... args) {
    const std::lock_guard lock{mutex_};
    if (closed_ || !handler_) return;
    try {
      handler_(std::move(args)...);
    } catch (const std::exception& e) {
      log::error("bus.handler_threw", {{"handler", name_}, {"error", e.what()}});
    }
  }

  void close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
  }

 private:
  std::recursive_mutex mutex_; // so that a handler can end its own subscription
  bool closed_ = false;
  std::string name_;
  std::function<void(Args...)> handler_;
};

} // namespace troupe::bus
