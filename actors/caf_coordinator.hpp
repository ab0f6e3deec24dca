// CAF's work-sharing scheduler, without a wake-up of its clock for each actor that ends.
#pragma once
#include <caf/policy/work_sharing.hpp>
#include <caf/scheduler/coordinator.hpp>

#include "actors/caf_support.hpp"

namespace troupe::actors {

/// CAF 0.17.6 has its clock forget the timeouts of each actor that ends: every step and attempt
/// goes through one locked queue for that, and wakes the clock's thread. This clock passes all else
/// on; what was to be forgotten goes off later, to an actor that is gone.
class UnforgettingClock final : public caf::detail::thread_safe_actor_clock {
 public:
  explicit UnforgettingClock(caf::detail::thread_safe_actor_clock& inner) : inner_{inner} {}

  void cancel_timeouts(caf::abstract_actor*) override {}

  void set_ordinary_timeout(time_point at, caf::abstract_actor* self, caf::atom_value type,
                            std::uint64_t id) override {
    inner_.set_ordinary_timeout(at, self, type, id);
  }
  void set_multi_timeout(time_point at, caf::abstract_actor* self, caf::atom_value type,
                         std::uint64_t id) override {
    inner_.set_multi_timeout(at, self, type, id);
  }
  void set_request_timeout(time_point at, caf::abstract_actor* self, caf::message_id id) override {
    inner_.set_request_timeout(at, self, id);
  }
  void cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value type) override {
    inner_.cancel_ordinary_timeout(self, type);
  }
  void cancel_request_timeout(caf::abstract_actor* self, caf::message_id id) override {
    inner_.cancel_request_timeout(self, id);
  }
  void schedule_message(time_point at, caf::strong_actor_ptr receiver,
                        caf::mailbox_element_ptr content) override {
    inner_.schedule_message(at, std::move(receiver), std::move(content));
  }
  void schedule_message(time_point at, caf::group target, caf::strong_actor_ptr sender,
                        caf::message content) override {
    inner_.schedule_message(at, std::move(target), std::move(sender), std::move(content));
  }
  void cancel_all() override { inner_.cancel_all(); }

 private:
  caf::detail::thread_safe_actor_clock& inner_;
};

/// For an actor system's configuration to load: the system takes it in place of one of its own.
class Coordinator final : public caf::scheduler::coordinator<caf::policy::work_sharing> {
 public:
  using coordinator::coordinator;
  static caf::actor_system::module* make(caf::actor_system& system, caf::detail::type_list<>) {
    return new Coordinator{system};
  }
  caf::detail::thread_safe_actor_clock& clock() noexcept override { return clock_; }

 private:
  UnforgettingClock clock_{coordinator::clock()};
};

} // namespace troupe::actors
