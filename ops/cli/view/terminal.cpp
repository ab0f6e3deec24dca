#include "ops/cli/view/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace troupe::view {

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// An unset locale says nothing about the terminal, and nearly all read UTF-8.
bool reads_unicode() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string locale = environment(name);
    if (locale.empty()) continue;
    std::transform(locale.begin(), locale.end(), locale.begin(), ::tolower);
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return environment("TERM") != "linux";
}

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// The length of the colour sequence at `at`, 0 if there is none.
std::size_t escape_length(std::string_view text, std::size_t at) {
  if (text[at] != '\x1b') return 0;
  std::size_t end = text.find('m', at);
  return end == std::string_view::npos ? text.size() - at : end - at + 1;
}

} // namespace

Style detect_style() {
  Style style;
  bool terminal = ::isatty(STDOUT_FILENO) == 1 && environment("TERM") != "dumb";
  style.colour = terminal && environment("NO_COLOR").empty();
  style.unicode = reads_unicode();
  style.live = terminal;
  winsize size{};
  if (terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
    style.width = size.ws_col;
    style.height = size.ws_row;
  }
  return style;
}

std::string paint(std::string_view text, Tint tint, bool colour) {
  if (!colour || tint == Tint::none || text.empty()) return std::string{text};
  static constexpr const char* codes[] = {"0", "2", "1", "31", "32", "33", "34", "36"};
  return std::string{"\x1b["} + codes[static_cast<int>(tint)] + "m" + std::string{text} + "\x1b[0m";
}

unsigned display_width(std::string_view text) {
  unsigned width = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (std::size_t length = escape_length(text, i)) {
      i += length;
      continue;
    }
    if (!continues_character(text[i])) ++width;
    ++i;
  }
  return width;
}

std::string clip(const std::string& text, unsigned width, bool unicode) {
  if (width == 0 || display_width(text) <= width) return text;
  std::string_view ellipsis = unicode ? "…" : "~";
  std::string result;
  unsigned shown = 0;
  bool coloured = false;
  for (std::size_t i = 0; i < text.size() && (shown + 1 < width || text[i] == '\x1b');) {
    std::size_t length = escape_length(text, i);
    if (length > 0) {
      coloured = true;
    } else {
      length = 1;
      while (i + length < text.size() && continues_character(text[i + length])) ++length;
      ++shown;
    }
    result.append(text, i, length);
    i += length;
  }
  result += ellipsis;
  return coloured ? result + "\x1b[0m" : result;
}

std::string printable(std::string_view text) {
  std::string result{text};
  for (char& c : result)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return result;
}

std::string wrap(std::string_view text, unsigned width) {
  std::string result;
  unsigned column = 0;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = std::min(text.find(' ', from), text.size());
    const auto word = text.substr(from, end - from);
    const unsigned columns = display_width(word);
    if (column > 0 && width > 0 && column + 1 + columns > width) {
      result += '\n';
      column = 0;
    }
    if (column > 0) result += ' ';
    column += (column > 0 ? 1 : 0) + columns;
    result += word;
    from = end + 1;
  }
  return result + '\n';
}

std::string pad(const std::string& text, unsigned width) {
  unsigned have = display_width(text);
  return have >= width ? text : text + std::string(width - have, ' ');
}

void LiveBlock::draw(const std::string& text) {
  clear();
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
  lines_ = static_cast<unsigned>(std::count(text.begin(), text.end(), '\n'));
}

void LiveBlock::clear() {
  if (lines_ > 0) std::printf("\x1b[%uA\x1b[0J", lines_);
  lines_ = 0;
}

} // namespace troupe::view
