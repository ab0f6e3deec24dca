// The bounds of limits.hpp that only intake needs: a page of its own, because nearly everything is
// compiled anew when that one changes.
#pragma once
#include "runtime/limits.hpp"

namespace troupe::limits {

// Schedules. More of them is a fault of the team's file.
inline constexpr std::size_t schedules_per_team_max = 1'000;
// What a pause at another node, or a clock that was set, is noticed by.
inline constexpr auto schedule_sweep_interval = 10s;
inline constexpr std::uint32_t schedule_times_max = 1'000; // that one answer foretells

// Labels of one job. More, or longer ones, are refused with invalid_input; values that alerts bring
// are cut.
inline constexpr std::size_t labels_max = 32;
inline constexpr std::size_t label_name_bytes_max = 64;
inline constexpr std::size_t label_value_bytes_max = 256;

// Injected events. A node takes no more from the stream than it has in hand; what waits stays
// there, and when the stream is full its publishers are told so. What cannot be used is kept aside;
// of more than so many the oldest goes.
inline constexpr std::size_t events_in_hand_max = 256;
inline constexpr std::size_t stream_bytes_max = 512 * 1024 * 1024;
inline constexpr std::size_t dead_letters_max = 10'000;
inline constexpr std::size_t event_attribute_bytes_max = 64; // of an attribute's name
inline constexpr std::size_t event_text_bytes_max = 1'024;   // of id, source, type and subject
inline constexpr auto event_ack_wait = 15s; // then the stream gives it to another node

} // namespace troupe::limits
