// How why.hpp says things. Private to it.
#pragma once
#include <string>
#include <string_view>

#include "runtime/supervision/run_state.hpp"

namespace troupe::supervision::words {

std::string span(Millis duration);          // "4s", "2m7s", "250ms"
std::string since(Instant at, Instant now); // "since 2026-11-20T18:46:51Z (2m7s)"
std::string until(Instant at, Instant now); // "at 2026-11-20T18:46:51Z (in 4s)"
std::string error(const Error& error);      // "tool_failed: the probe was not met"
std::string quoted(std::string_view path);  // "`each[3]/restart`"; the root: "the plan"
std::string count(std::size_t number, std::string_view); // "1 attempt", "3 attempts"

/// "attempt 2 on n1 failed after 4s (timeout: no answer)"
std::string attempt(const Attempt& attempt);
/// The attempts of the iteration that did not do it, at most the last five: ": attempt 1 on ..,
/// ..".
std::string attempts(const StepState& step);

} // namespace troupe::supervision::words
