// Text cut to a bound, where a whole one would drown what is said around it.
#pragma once
#include <string>
#include <string_view>

namespace troupe::agent {

/// The first bytes of `text`, at most `bytes_max`, never cutting a character of UTF-8 in two, and
/// "... (N more bytes)" if some are left out.
std::string excerpt(std::string_view text, std::size_t bytes_max);

} // namespace troupe::agent
