// Bounds of a link to a server, beside those of every bus in runtime/limits.hpp.
#pragma once
#include <cstddef>

#include "runtime/limits.hpp"

namespace troupe::limits {

// Sent, and not yet written to the server. One message more is refused with no_capacity.
inline constexpr std::size_t bus_unwritten_bytes_max = 16 * 1024 * 1024;
static_assert(bus_unwritten_bytes_max > bus_message_bytes_max);

} // namespace troupe::limits
