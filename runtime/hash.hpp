// Canonical JSON (RFC 8785) and its SHA-256: what plans, arguments and documents are named by.
#pragma once
#include <string>
#include <string_view>

#include "runtime/json_text.hpp"
#include "runtime/sha256.hpp"

namespace troupe {

/// Keys sorted, no white space, numbers as RFC 8785 writes them. Requires valid JSON that nests no
/// deeper than twice limits::json_depth_max.
std::string canonical(const JsonText& json);

/// sha256_hex(canonical(json))
std::string digest(const JsonText& json);

} // namespace troupe
