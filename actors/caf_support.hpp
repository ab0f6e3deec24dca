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

/// A handle to `self` that a thread outside CAF may keep and send to.
inline caf::actor handle_of(caf::event_based_actor* self) {
  return caf::actor_cast<caf::actor>(self);
}

} // namespace troupe::actors

template <troupe::actors::LocalMessage T>
struct caf::allowed_unsafe_message_type<T> : std::true_type {};
