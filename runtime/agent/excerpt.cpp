#include "runtime/agent/excerpt.hpp"

namespace troupe::agent {

std::string excerpt(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string{text};
  auto end = bytes_max;
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  while (end > 0 && continues(end)) --end;
  return std::string{text.substr(0, end)} + "... (" + std::to_string(text.size() - end) +
         " more bytes)";
}

} // namespace troupe::agent
