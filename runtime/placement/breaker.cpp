#include "runtime/placement/breaker.hpp"

namespace troupe::placement {

bool is_failure_of_dependency(ErrorClass error_class) {
  return error_class == ErrorClass::timeout || error_class == ErrorClass::tool_failed ||
         error_class == ErrorClass::internal;
}

std::optional<Millis> Breaker::refuse(Millis now) {
  if (state_ == State::closed) return std::nullopt;
  const Millis again = since_ + policy_.open_for;
  if (now < again) return again - now;
  state_ = State::half_open; // also where the call that tried never came back
  since_ = now;
  return std::nullopt;
}

void Breaker::ended(bool failed, Millis now) {
  if (!failed) {
    if (state_ == State::open) return; // it went before the failures
    state_ = State::closed;
    failed_.clear();
    return;
  }
  if (state_ == State::half_open) return open(now);
  if (state_ == State::open) return;
  while (!failed_.empty() && now - failed_.front() > policy_.within) failed_.pop_front();
  failed_.push_back(now);
  if (failed_.size() >= policy_.failures) open(now);
}

void Breaker::open(Millis now) {
  state_ = State::open;
  since_ = now;
  failed_.clear();
}

} // namespace troupe::placement
