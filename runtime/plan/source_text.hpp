// Bytes from outside as text: what no reader of ours should ever be given.
#pragma once
#include <optional>
#include <string_view>

#include "runtime/plan/source.hpp"

namespace troupe::plan {

/// The first byte that is not part of UTF-8 text, or that neither YAML nor JSON lets stand
/// unescaped (control characters; yaml-cpp takes U+0004 for the end of the file and drops a lone
/// carriage return).
std::optional<Fault> text_fault(std::string_view text);

/// The place of a byte of `text`: line, and column in characters.
Place place_at(std::string_view text, std::size_t offset);

/// How many characters `text` has. Requires UTF-8.
std::size_t count_characters(std::string_view text);

} // namespace troupe::plan
