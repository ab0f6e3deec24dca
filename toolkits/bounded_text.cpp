#include "toolkits/bounded_text.hpp"

namespace troupe::toolkits {
namespace {

bool continues(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
}

std::size_t json_size_of(char c) {
  if (c == '"' || c == '\\' || c == '\n' || c == '\r' || c == '\t' || c == '\b' || c == '\f')
    return 2;
  return static_cast<unsigned char>(c) < 0x20 ? 6 : 1; // \u00XX
}

} // namespace

std::size_t json_size(std::string_view text) {
  std::size_t size = 0;
  for (const char c : text) size += json_size_of(c);
  return size;
}

std::string_view fitting_prefix(std::string_view text, std::size_t bytes_max) {
  std::size_t end = 0, size = 0;
  while (end < text.size() && (size += json_size_of(text[end])) <= bytes_max) ++end;
  if (end < text.size())
    while (end > 0 && continues(text, end)) --end;
  return text.substr(0, end);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::string shortened(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string{text};
  auto end = bytes_max;
  while (end > 0 && continues(text, end)) --end;
  return std::string{text.substr(0, end)} + "...";
}

} // namespace troupe::toolkits
