// How much of what came over the bus this node is not done with, and how long it takes.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

#include "actors/clocks.hpp"

namespace troupe::actors {

/// Thread-safe.
class Load {
 public:
  /// One message, from its arrival until whoever was to deal with it has, or is gone.
  class Ticket {
   public:
    explicit Ticket(std::shared_ptr<Load> load) : load_{std::move(load)} { ++load_->waiting_; }
    ~Ticket() {
      --load_->waiting_;
      load_->took(monotonic_time() - arrived_);
    }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

   private:
    std::shared_ptr<Load> load_;
    Millis arrived_ = monotonic_time();
  };

  std::uint32_t waiting() const { return waiting_; }
  /// The longest of those that were dealt with since this was last asked.
  Millis take_longest() { return Millis{longest_.exchange(0)}; }

 private:
  void took(Millis time) {
    auto known = longest_.load();
    while (known < time.count() && !longest_.compare_exchange_weak(known, time.count())) {
    }
  }

  std::atomic<std::uint32_t> waiting_{0};
  std::atomic<Millis::rep> longest_{0};
};

} // namespace troupe::actors
