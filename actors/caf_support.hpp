// CAF 0.17.6, and the little that makes our types travel between local actors. Included by .cpp
// files of actors/ only.
#pragma once
#include <caf/all.hpp>
#include <concepts>
#include <type_traits>

namespace troupe::actors {

/// A namespace whose types are sent to local actors declares `template <class T> void
/// actor_message(const T&);` (protocol.hpp does). They never leave the process through CAF: the bus
/// speaks JSON.
template <class T>
concept LocalMessage = std::is_class_v<T> && std::copy_constructible<T> && requires(const T& x) {
  actor_message(x);
};

/// Held by a thread that is not CAF's while it spawns. CAF 0.17.6 leaves a reference to the
/// system's logger with each thread that ever spawned, and ~actor_system waits until all of them
/// are gone: a thread of the store, which outlives the node's actors, would hold it for ever.
class OutsideThread {
 public:
  OutsideThread() = default;
  ~OutsideThread() {
    if (is_outside_) caf::logger::set_current_actor_system(nullptr);
  }
  OutsideThread(const OutsideThread&) = delete;
  OutsideThread& operator=(const OutsideThread&) = delete;

 private:
  bool is_outside_ = caf::logger::current_logger() == nullptr; // else a worker of CAF's runs this
};

/// A handle to `self` that a thread outside CAF may keep and send to.
inline caf::actor handle_of(caf::event_based_actor* self) {
  return caf::actor_cast<caf::actor>(self);
}

} // namespace troupe::actors

template <troupe::actors::LocalMessage T>
struct caf::allowed_unsafe_message_type<T> : std::true_type {};
