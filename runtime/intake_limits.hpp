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

} // namespace troupe::limits
