// Percent-encoding (RFC 3986, section 2.1).
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// "a%20b" -> "a b". Nothing if a % is not followed by two hex digits, or the result is not UTF-8
/// or has a NUL.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

} // namespace troupe
