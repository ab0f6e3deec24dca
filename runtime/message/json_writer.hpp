// JSON appended to a string.
#pragma once
#include <string>
#include <string_view>

namespace troupe::message {

/// In quotes, escaped where JSON asks for it. Bytes that are not UTF-8 become U+FFFD each, so that
/// what a program wrote to its output can never make a message unreadable.
void append_string(std::string& out, std::string_view text);

} // namespace troupe::message
