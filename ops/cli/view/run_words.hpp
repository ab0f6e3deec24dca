// The words, glyphs and colours for states, tool calls, attempts and events. Pure.
#pragma once
#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>

#include "ops/cli/view/terminal.hpp"

namespace troupe::view {

bool is_over(std::string_view state); // of a step or a run

std::string state_glyph(std::string_view state, bool unicode, unsigned frame);
Tint state_tint(std::string_view state);

/// "↳ probe.http  12ms", "↳ service.restart  running", "↳ service.restart  80ms  tool_failed: .."
std::string activity_line(const boost::json::value& activity, bool unicode, bool colour);

/// "✘ try on agent-1 failed: tool_failed: .." for an attempt that failed, was lost or cancelled;
/// "" for others.
std::string ended_attempt_line(const boost::json::value& attempt, bool unicode, bool colour);

/// One event of a run as one plain line, "18:46:51.123  examine/probe  completed"; "" for an event
/// that tells a person nothing.
std::string event_line(const boost::json::value& event);

} // namespace troupe::view
