// UTF-8 as Unicode 15 has it (table 3-7): no surrogates, no overlong forms.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace troupe {

/// Bytes of the valid character at the start of `text`; 0: there is none.
std::size_t utf8_character(std::string_view text);

bool is_utf8(std::string_view text);

/// `text` with U+FFFD for every byte that begins no character; `replaced` is set if there is one.
std::string clean_utf8(std::string_view text, bool* replaced = nullptr);

} // namespace troupe
