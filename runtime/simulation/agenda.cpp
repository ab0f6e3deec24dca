#include "runtime/simulation/agenda.hpp"

#include <algorithm>

namespace troupe::simulation {

void Agenda::after(Time delay, std::function<void()> what) {
  heap_.push_back({now_ + std::max(delay, Time{0}), ++order_, std::move(what)});
  std::push_heap(heap_.begin(), heap_.end());
}

bool Agenda::step() {
  if (heap_.empty()) return false;
  std::pop_heap(heap_.begin(), heap_.end());
  const Entry next = std::move(heap_.back());
  heap_.pop_back();
  now_ = next.when;
  ++steps_;
  next.what();
  return true;
}

} // namespace troupe::simulation
