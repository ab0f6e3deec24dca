// Can a TCP connection be made?
#pragma once
#include <cstdint>
#include <stop_token>
#include <string>

#include "runtime/clock.hpp"
#include "runtime/result.hpp"

namespace troupe::toolkits {

/// Connects to the first address of `host` that accepts, and hangs up. timeout; cancelled;
/// tool_failed: the name is unknown or nobody accepts (the text says which).
Result<> connect_tcp(const std::string& host, std::uint16_t port, Millis timeout,
                     std::stop_token stop);

} // namespace troupe::toolkits
