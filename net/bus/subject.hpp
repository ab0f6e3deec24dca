// Subjects of the bus: tokens joined by dots. In a pattern `*` stands for one token and a last `>`
// for one or more.
#pragma once
#include <cstddef>
#include <string_view>

namespace troupe::bus {

inline constexpr std::size_t subject_bytes_max = 255;

/// Something a message can be sent to: 1 to 255 printable ASCII characters, no space, no empty
/// token and no wildcard.
bool is_subject(std::string_view text);

/// Something that can be subscribed to: a subject, in which `*` and a last `>` may stand for whole
/// tokens.
bool is_pattern(std::string_view text);

/// Requires is_pattern(pattern) and is_subject(subject).
bool matches(std::string_view pattern, std::string_view subject);

} // namespace troupe::bus
