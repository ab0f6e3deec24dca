// What both stores ask of a part of an artifact, and what they answer, in the same words.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/ports/artifacts.hpp"

namespace troupe::store {

/// How many pieces an artifact of so many bytes has; an empty one has one.
std::uint64_t pieces_of(std::uint64_t bytes);
/// The pieces of a checked part.
std::vector<std::string_view> split(const ports::ArtifactPart& part);

Result<> check(const ports::ArtifactPart& part); // invalid_input, budget_exceeded

Error has_other_length(const std::string& hash);                         // invalid_input
Error has_other_content(const std::string& hash, const std::string& is); // invalid_input
Error artifacts_are_full(RunId run);                                     // budget_exceeded
Error was_dropped(const std::string& hash);                              // internal

} // namespace troupe::store
