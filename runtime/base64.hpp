// Base64 (RFC 4648, section 4), with padding.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

std::string base64_encode(std::string_view bytes);
/// Nothing if it is not base64.
std::optional<std::string> base64_decode(std::string_view text);

} // namespace troupe
