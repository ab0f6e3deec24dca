// The store ports in memory: for tests and simulation, by the rules of the Postgres version.
#pragma once
#include <cstddef>
#include <memory>

#include "runtime/store/store.hpp"

namespace troupe::store {

/// What several stores (nodes) share, as they would share one Postgres database. Thread-safe.
class MemoryDatabase;
std::shared_ptr<MemoryDatabase> make_memory_database(
    std::size_t open_jobs_max = limits::open_jobs_max);

/// Calls are queued in order; each is carried out, and answered, when it is delivered.
class MemoryStore final : public Store {
 public:
  enum class Delivery {
    thread, // by a thread of the store, at once
    manual, // by deliver(), on its caller's thread: for virtual time
  };

  explicit MemoryStore(std::shared_ptr<MemoryDatabase> database = make_memory_database(),
                       Delivery delivery = Delivery::thread);
  ~MemoryStore() override;

  ports::Journal& journal() override;
  ports::JobStore& jobs() override;
  ports::Membership& membership() override;
  ports::Retention& retention() override;
  ports::Schedules& schedules() override;
  ports::Artifacts& artifacts() override;
  ports::DeadLetters& dead_letters() override;
  ports::Permits& permits() override;
  bool up() const override { return true; }

  /// Carries out what is queued now and what that queues. Number of calls. Requires manual
  /// delivery.
  std::size_t deliver();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace troupe::store
