#include "runtime/supervision/feed_interest.hpp"

#include "runtime/view_limits.hpp"

namespace troupe::supervision {

bool FeedInterest::may_ask(Millis now) {
  if (now - second_ >= std::chrono::seconds{1}) {
    second_ = now;
    asks_ = 0;
  }
  return asks_++ < limits::feed_asks_per_second;
}

FeedSend FeedInterest::decide(RunId run, Millis now) {
  const auto found = runs_.find(run);
  if (found == runs_.end()) {
    if (!may_ask(now)) return FeedSend::nothing;
    if (runs_.size() >= limits::feed_runs_max) runs_.clear(); // it is asked for again
    runs_[run] = {now, false};
    return FeedSend::asking;
  }
  auto& known = found->second;
  if (now - known.asked_at < limits::feed_ask_interval)
    return known.nobody ? FeedSend::nothing : FeedSend::plainly;
  if (known.nobody && !may_ask(now)) return FeedSend::nothing;
  known.asked_at = now;
  return FeedSend::asking;
}

void FeedInterest::heard(RunId run, bool somebody) {
  if (const auto known = runs_.find(run); known != runs_.end()) known->second.nobody = !somebody;
}

} // namespace troupe::supervision
