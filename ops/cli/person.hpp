// Who sits at the terminal, and asking them.
#pragma once
#include <string>

namespace troupe::cli {

/// The login name, for the record; a server with authentication knows better.
std::string user_name();

/// Standard input is a terminal.
bool can_ask();
/// Asks on standard error. Nothing but `y` or `yes` is a yes.
bool says_yes(const std::string& question);

} // namespace troupe::cli
