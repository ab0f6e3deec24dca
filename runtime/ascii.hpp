// Letters of ASCII, whatever the locale.
#pragma once
#include <string>
#include <string_view>

namespace troupe {

inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

inline std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) c = lower(c);
  return out;
}

} // namespace troupe
