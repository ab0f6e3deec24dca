// Text from outside made fit for a JSON answer: valid UTF-8, within a bound.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/utf8.hpp"

namespace troupe::toolkits {

/// Bytes that `text` takes inside a JSON string, quotes not counted.
std::size_t json_size(std::string_view text);

/// The longest beginning that takes at most `bytes_max` inside a JSON string; never splits a
/// character.
std::string_view fitting_prefix(std::string_view text, std::size_t bytes_max);

/// The lines of `text` without their ends (LF or CRLF). A last line without an end counts too.
std::vector<std::string_view> lines_of(std::string_view text);

/// `text`, or its beginning and "..." if it is longer. Never splits a character.
std::string shortened(std::string_view text, std::size_t bytes_max);

} // namespace troupe::toolkits
