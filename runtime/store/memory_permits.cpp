// The part of MemoryDatabase that knows keyed limits.
#include "runtime/store/memory_database.hpp"

namespace troupe::store {

using namespace ports;

PermitAnswer MemoryDatabase::exchange_permits(const PermitAsk& ask, Millis now) {
  const std::lock_guard lock{mutex_};
  return permits_.exchange(
      ask, [this](IncarnationId incarnation) { return may_write(incarnation); }, now);
}

std::vector<LimitRow> MemoryDatabase::list_limits(Millis now) {
  const std::lock_guard lock{mutex_};
  const auto name_of = [this](IncarnationId incarnation) {
    const auto node = nodes_.find(incarnation);
    return node == nodes_.end() ? to_string(incarnation) : node->second.name;
  };
  return permits_.list(name_of, now);
}

} // namespace troupe::store
