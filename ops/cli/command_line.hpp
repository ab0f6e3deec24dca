// The whole command line, testable without a process.
#pragma once

namespace troupe::cli {

/// Parses and executes; prints errors as "troupe: .." on standard error. Returns the exit code
/// (exit_codes.hpp). Never throws.
int run_command_line(int argc, const char* const* argv);

} // namespace troupe::cli
