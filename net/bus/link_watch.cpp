#include "net/bus/link_watch.hpp"

#include <algorithm>

namespace troupe::bus {

LinkWatch::LinkWatch(Millis ping_interval, Millis write_deadline)
    : silent_max_{ping_interval * 5 / 2}, // the second ping has half an interval to be answered
      stuck_max_{write_deadline},
      interval_{std::max(std::min(ping_interval, write_deadline) / 4, Millis{1})} {}

const char* LinkWatch::look(const LinkProgress& now) {
  silent_ = now.reads == last_.reads ? silent_ + 1 : 0;
  stuck_ = now.unwritten && now.writes == last_.writes ? stuck_ + 1 : 0;
  last_ = now;
  if (interval_ * silent_ >= silent_max_) return "the server is silent";
  if (interval_ * stuck_ >= stuck_max_) return "the server does not read";
  return nullptr;
}

} // namespace troupe::bus
