// Tolerant reading of what a server sent: a missing or oddly typed member is empty, never a crash.
#pragma once
#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/clock.hpp"

namespace troupe::view {

/// Null when `value` is no object or has no such member.
const boost::json::value& member(const boost::json::value& value, std::string_view key);

/// A string as it is, control characters replaced; null as ""; anything else as JSON.
std::string text(const boost::json::value& value);
std::string text(const boost::json::value& value, std::string_view key);

std::int64_t number(const boost::json::value& value, std::string_view key);
bool truth(const boost::json::value& value, std::string_view key);
std::optional<Instant> instant(const boost::json::value& value, std::string_view key);

/// Empty when it is not an array.
const boost::json::array& list(const boost::json::value& value, std::string_view key);

/// "120ms", "1.2s", "3m07s", "2h05m"
std::string brief(Millis duration);

/// {"class","message"} -> "tool_failed: the probe was not met"; "" without an error.
std::string error_text(const boost::json::value& error);

} // namespace troupe::view
